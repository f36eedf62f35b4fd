package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// documented is a package with its comment, and what a comment may name of it.
type documented struct {
	name     string
	comments []string        // in files of its own, of which there is to be one
	types    map[string]bool // all of its types
	exists   map[string]bool // functions, variables and types; methods and fields as Type.name
	uses     map[string]bool // the names of the packages that it imports
}

// leastNamed is how many names the comments of packages that move bytes have at least.
var leastNamed = map[string]int{"bridge": 12, "bridge/modem": 18, "relay": 10, "relay/usb": 8, "vport/com": 6, "vport/netport": 6, "vport/pty": 10}

// Each package has one comment, and what that names exists: functions, methods and fields by their types, and exported names
// of other packages by their packages.
func TestPackageCommentsNameWhatExists(t *testing.T) {
	packages := documentedPackages(t)
	byName := make(map[string][]*documented)
	for _, p := range packages {
		byName[p.name] = append(byName[p.name], p)
	}
	named := regexp.MustCompile(`\b[a-z]\w*\.[A-Z]\w*\.\w+\b|\b[A-Za-z]\w*\.[A-Za-z]\w*\b|\bNew[A-Z]\w*\b|\b[a-z]+[A-Z]\w*\b`)
	for _, at := range slices.Sorted(maps.Keys(packages)) {
		p := packages[at]
		if len(p.comments) != 1 {
			t.Errorf("%s has %d package comments, want 1", at, len(p.comments))
		}
		count := 0
		for _, name := range named.FindAllString(strings.Join(p.comments, "\n"), -1) {
			of, rest, qualified := strings.Cut(name, ".")
			switch {
			case !qualified && p.exists[name], qualified && p.types[of] && p.exists[name]:
				count++
			case qualified && !p.types[of] && slices.ContainsFunc(byName[of], func(p *documented) bool { return p.exists[rest] }):
			case qualified && !p.types[of] && len(byName[of]) == 0 && p.uses[of]: // of the standard library
			case slices.Contains(properNames, name):
			default:
				t.Errorf("the comment of %s names %s, which does not exist", at, name)
			}
		}
		if count < leastNamed[at] {
			t.Errorf("the comment of %s names %d things of its own, want %d at least", at, count, leastNamed[at])
		}
	}
}

// properNames look like names of the code, and are not.
var properNames = []string{"golang.org", "iRZ"}

// documentedPackages reads all packages of the module, on any system, without their tests.
func documentedPackages(t *testing.T) map[string]*documented {
	t.Helper()
	const root = "../.."
	all := make(map[string]*documented)
	err := filepath.WalkDir(root, func(name string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments)
		if err != nil {
			return err
		}
		at, err := filepath.Rel(root, filepath.Dir(name))
		if err != nil {
			return err
		}
		at = filepath.ToSlash(at)
		if all[at] == nil {
			all[at] = &documented{name: file.Name.Name, types: make(map[string]bool), exists: make(map[string]bool), uses: make(map[string]bool)}
		}
		all[at].add(file)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func (p *documented) add(file *ast.File) {
	if file.Doc != nil {
		p.comments = append(p.comments, file.Doc.Text())
	}
	for _, i := range file.Imports {
		p.uses[path.Base(strings.Trim(i.Path.Value, `"`))] = true
	}
	for _, d := range file.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			p.exists[receiver(d)+d.Name.Name] = true
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				p.declare(spec)
			}
		}
	}
}

// receiver is the type of a method and a dot, empty for a function.
func receiver(d *ast.FuncDecl) string {
	if d.Recv == nil {
		return ""
	}
	name := ""
	ast.Inspect(d.Recv.List[0].Type, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok && name == "" {
			name = id.Name
		}
		return name == ""
	})
	return name + "."
}

func (p *documented) declare(spec ast.Spec) {
	switch s := spec.(type) {
	case *ast.ValueSpec:
		for _, id := range s.Names {
			p.exists[id.Name] = true
		}
	case *ast.TypeSpec:
		p.types[s.Name.Name], p.exists[s.Name.Name] = true, true
		var fields *ast.FieldList
		switch u := s.Type.(type) {
		case *ast.StructType:
			fields = u.Fields
		case *ast.InterfaceType:
			fields = u.Methods
		default:
			return
		}
		for _, f := range fields.List {
			for _, id := range f.Names {
				p.exists[s.Name.Name+"."+id.Name] = true
			}
		}
	}
}
