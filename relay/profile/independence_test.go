package profile

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// declarations are the package's functions, methods, types, variables and constants: each with the names of others that stand in it.
type declarations struct {
	nodes   map[string]ast.Node        // methods as Type.name
	methods map[string]map[string]bool // by the name of their type
}

func parsePackage(t *testing.T) *declarations {
	t.Helper()
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	d := &declarations{make(map[string]ast.Node), make(map[string]map[string]bool)}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, decl := range file.Decls {
			d.add(decl)
		}
	}
	return d
}

func (d *declarations) add(decl ast.Decl) {
	switch decl := decl.(type) {
	case *ast.FuncDecl:
		if decl.Recv == nil {
			d.nodes[decl.Name.Name] = decl
			return
		}
		of := decl.Recv.List[0].Type
		if star, ok := of.(*ast.StarExpr); ok {
			of = star.X
		}
		name := of.(*ast.Ident).Name
		if d.methods[name] == nil {
			d.methods[name] = make(map[string]bool)
		}
		d.methods[name][decl.Name.Name] = true
		d.nodes[name+"."+decl.Name.Name] = decl
	case *ast.GenDecl:
		for _, spec := range decl.Specs {
			switch spec := spec.(type) {
			case *ast.TypeSpec:
				d.nodes[spec.Name.Name] = spec
			case *ast.ValueSpec:
				for _, name := range spec.Names {
					d.nodes[name.Name] = spec
				}
			}
		}
	}
}

// common are what leads to all families, and applies no rules.
var common = []string{"Profile", "familyOf", "families"}

// uses returns the names of the package that stand in the declarations of those names, and in those, and so on.
func (d *declarations) uses(roots []string) map[string]bool {
	used := make(map[string]bool)
	var see func(n ast.Node) bool
	see = func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.SelectorExpr: // a field or method, or of another package
			ast.Inspect(n.X, see)
			return false
		case *ast.Ident:
			if d.nodes[n.Name] == nil || used[n.Name] || slices.Contains(common, n.Name) {
				return true
			}
			used[n.Name] = true
			roots = append(roots, n.Name)
			for method := range d.methods[n.Name] {
				roots = append(roots, n.Name+"."+method)
			}
		}
		return true
	}
	for len(roots) > 0 {
		root := roots[0]
		roots = roots[1:]
		ast.Inspect(d.nodes[root], see)
	}
	return used
}

// The modem's part of a family and our part share nothing of this package: neither functions nor constants. Otherwise they would share
// their faults, and could not check each other.
func TestSidesShareNothingWithParsers(t *testing.T) {
	d := parsePackage(t)
	var sides, parsers []string
	for name, methods := range d.methods {
		isSide := methods["Connect"] && methods["Take"] && methods["Put"] && methods["Online"]
		isParser := methods["Feed"] && methods["Partial"] || methods["Decode"]
		for method := range methods {
			if isSide {
				sides = append(sides, name+"."+method)
			}
			if isParser {
				parsers = append(parsers, name+"."+method)
			}
		}
	}
	if len(sides) < 6*4 || len(parsers) < 10*2 {
		t.Fatalf("%d methods of sides and %d of parsers are found", len(sides), len(parsers))
	}
	theirs, ours := d.uses(sides), d.uses(parsers)
	for _, name := range slices.Sorted(maps.Keys(theirs)) {
		if ours[name] {
			t.Errorf("%s belongs to a modem's part and to ours", name)
		}
	}
}
