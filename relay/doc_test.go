package relay

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// What the package comment names exists: functions, and methods and fields by their types.
func TestPackageCommentNames(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var comment strings.Builder
	exists := make(map[string]bool)
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		if file.Doc != nil {
			comment.WriteString(file.Doc.Text())
		}
		for _, d := range file.Decls {
			for _, name := range declared(d) {
				exists[name] = true
			}
		}
	}
	named := regexp.MustCompile(`\b(\w+\.[A-Za-z]\w*|New\w+)\b`).FindAllString(comment.String(), -1)
	if len(named) < 10 {
		t.Fatalf("the package comment names only %q", named)
	}
	for _, name := range named {
		if !exists[name] {
			t.Errorf("the package comment names %s, which does not exist", name)
		}
	}
}

// declared are the functions of a declaration, and the methods and fields as Type.name.
func declared(d ast.Decl) (names []string) {
	switch d := d.(type) {
	case *ast.FuncDecl:
		if d.Recv == nil {
			return []string{d.Name.Name}
		}
		receiver := d.Recv.List[0].Type
		if star, ok := receiver.(*ast.StarExpr); ok {
			receiver = star.X
		}
		if id, ok := receiver.(*ast.Ident); ok {
			return []string{id.Name + "." + d.Name.Name}
		}
	case *ast.GenDecl:
		for _, spec := range d.Specs {
			one, _ := spec.(*ast.TypeSpec)
			if one == nil {
				continue
			}
			fields, _ := one.Type.(*ast.StructType)
			if fields == nil {
				continue
			}
			for _, f := range fields.Fields.List {
				for _, id := range f.Names {
					names = append(names, one.Name.Name+"."+id.Name)
				}
			}
		}
	}
	return names
}
