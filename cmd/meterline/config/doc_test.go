package config

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// What the package comments name exists. Names of other packages are written with the package.
func TestPackageCommentNames(t *testing.T) {
	comments := make(map[string]string)
	exists := make(map[string]bool)
	for pkg, dir := range map[string]string{"config": ".", "table": "table", "list": "list", "position": "position"} {
		files, err := filepath.Glob(filepath.Join(dir, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range files {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments)
			if err != nil {
				t.Fatal(err)
			}
			comments[pkg] += file.Doc.Text()
			for _, d := range file.Decls {
				for _, name := range declared(d) {
					exists[pkg+"."+name] = true
				}
			}
		}
	}
	form := regexp.MustCompile(`\b[A-Za-z]\w*(\.[A-Za-z]\w*)+\b`)
	for pkg, least := range map[string]int{"config": 18, "table": 5} {
		named := form.FindAllString(comments[pkg], -1)
		if len(named) < least {
			t.Errorf("the comment of package %s names only %q", pkg, named)
		}
		for _, name := range named {
			if !exists[pkg+"."+name] && !exists[name] {
				t.Errorf("the comment of package %s names %s, which does not exist", pkg, name)
			}
		}
	}
}

// declared returns the functions, types and variables of a declaration, and methods as Type.Method.
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
		if generic, ok := receiver.(*ast.IndexExpr); ok {
			receiver = generic.X
		}
		if id, ok := receiver.(*ast.Ident); ok {
			return []string{id.Name + "." + d.Name.Name}
		}
	case *ast.GenDecl:
		for _, spec := range d.Specs {
			switch one := spec.(type) {
			case *ast.TypeSpec:
				names = append(names, one.Name.Name)
			case *ast.ValueSpec:
				for _, id := range one.Names {
					names = append(names, id.Name)
				}
			}
		}
	}
	return names
}
