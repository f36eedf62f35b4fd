package config

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"meterline/cmd/meterline/config/list"
	"meterline/cmd/meterline/config/table"
)

// listOwnKeys are the keys of a list itself. Its other keys are those of a modem, as templates for its rows.
var listOwnKeys = table.Keys[struct{}]{
	{
		Name: "file", Form: table.Literal(table.Word[struct{}]("path")), Doc: "CSV file with a row for each modem; the first row has the names of the columns.",
	}, {
		Name: "name", Form: table.Word[struct{}]("template"), Otherwise: "the column `name`",
		Doc: "Name of each modem. Like all other keys of a list it is a template: `{column}` is the row's cell.",
	}, {
		Name: "ignore", Form: table.Literal(table.Word[struct{}]("column or several")), Doc: "Columns that mean nothing here.",
	}, {
		Name: "encoding", Form: table.Literal(table.Words(list.Encodings, func(*struct{}, string) {})), Default: string(list.Auto),
		Doc: "How the file's bytes are text. `auto` is UTF-8 or UTF-16, or else Windows' code page by the look of the letters, with a warning.",
	},
}

// schemas are the keys of each kind of table.
var schemas = map[string]table.Schema{
	"exchange": exchangeKeys.Schema(),
	"modem":    modemSchema,
	"port":     portKeys.Schema(),
	"profile":  profileKeys.Schema(),
	"list":     listOwnKeys.Schema().Join(modemSchema),
	"sim":      simKeys.Schema(),
	"usb":      usbKeys.Schema(),
}

var (
	topSchema   = topKeys.Schema()
	modemSchema = modemKeys.Schema()
)

// defaultSchemas are the keys of [defaults.KIND].
var defaultSchemas = map[string]table.Schema{
	"modem":    modemSchema.Shared(),
	"exchange": schemas["exchange"].Shared(),
	"port":     schemas["port"].Shared(),
}

// kindOfKey is the kind of table that a key outside any table probably belongs to.
func kindOfKey(key string) string {
	for _, kind := range []string{"modem", "exchange", "profile", "port", "usb", "sim", "list"} {
		if schemas[kind].Has(key) {
			return kind
		}
	}
	return ""
}

// unknownTop is the flaw of a key or table that cannot stand at the top of a file.
func unknownTop(key string, value any) *table.Flaw {
	if _, isTable := value.(map[string]any); !isTable {
		if kind := kindOfKey(key); kind != "" && table.Nearest(key, topSchema.Names()) == "" {
			return table.Flawf(fmt.Sprintf("write [%s.NAME] above it", kind), "%s stands outside any table", key)
		}
		return table.UnknownKey(key, "at the top of the file", topSchema.Names())
	}
	known := append(slices.Sorted(maps.Keys(schemas)), "defaults")
	if near := table.Nearest(key, known); near != "" {
		return table.Flawf(fmt.Sprintf("write [%s.…]", near), "unknown table [%s]", table.KeyText(key))
	}
	return table.Flawf("known are ["+strings.Join(known, "], [")+"]", "unknown table [%s]", table.KeyText(key))
}

// Reference describes all keys in Markdown: a heading and a table of keys for the top of the file and each kind of table.
func Reference() string {
	var b strings.Builder
	section := func(title string, s table.Schema) {
		fmt.Fprintf(&b, "## %s\n\n| key | value | default | |\n|---|---|---|---|\n", title)
		for _, k := range s.All() {
			fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", k.Name, inCell(k.Form), inCell(k.Default), inCell(k.Doc))
		}
		b.WriteString("\n")
	}
	section("Top of the file", topSchema)
	for _, kind := range []string{"exchange", "profile", "modem", "list", "port", "usb", "sim"} {
		s := schemas[kind]
		if kind == "list" {
			s = listOwnKeys.Schema()
		}
		section("["+kind+".NAME]", s)
	}
	return strings.TrimRight(b.String(), "\n") + "\n"
}

// inCell escapes what would end a cell of a table in Markdown.
func inCell(s string) string { return strings.ReplaceAll(s, "|", `\|`) }
