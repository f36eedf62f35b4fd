package main

import (
	"cmp"
	_ "embed"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"meterline/cmd/meterline/config"
	"meterline/cmd/meterline/render"
	"meterline/relay"
)

func newProfileList() *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use:   "list",
		Short: "all profiles that a configuration can name",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			b, err := newBook(file)
			if err != nil {
				return err
			}
			_, err = io.WriteString(cmd.OutOrStdout(), b.list())
			return err
		},
	}
	profileFile(cmd, &file)
	return cmd
}

// list is one line a profile.
func (b *book) list() string {
	t := render.Table{Head: []string{"NAME", "REGISTERS", "SOURCE", "ABOUT"}}
	about := kindsAbout()
	for _, name := range b.names() {
		p, err := b.find(name)
		if err != nil {
			continue // cannot be: it is one of the names
		}
		switch {
		case p.Kind != relay.Declared:
			t.Row(name, knownBy(p, "by itself"), "built in", about[p.Kind])
		case b.ready[name] != nil:
			t.Row(name, knownBy(p, b.ready[name].Registration()), p.Source, p.Note)
		default:
			t.Row(name, knownBy(p, "as declared"), "the configuration", "")
		}
	}
	return t.String()
}

// knownBy says how a modem is known.
func knownBy(p relay.Profile, by string) string {
	if !p.Registers() {
		return "by its address"
	}
	return by
}

func newProfileShow() *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use:               "show NAME",
		Short:             "one profile: as a table to copy, if it is one",
		Args:              oneProfile,
		ValidArgsFunction: completeProfile,
		RunE: func(cmd *cobra.Command, args []string) error {
			b, err := newBook(file)
			if err != nil {
				return err
			}
			p, err := b.find(args[0])
			if err != nil {
				return err
			}
			_, err = io.WriteString(cmd.OutOrStdout(), b.show(p))
			return err
		},
	}
	profileFile(cmd, &file)
	return cmd
}

// show is TOML throughout: a table, or comments.
func (b *book) show(p relay.Profile) string {
	if p.Kind == relay.Declared {
		if b.ready[p.Name] != nil {
			return config.ReadyTable(p.Name)
		}
		return fmt.Sprintf("# %s is declared in the configuration.\n", p.Name)
	}
	about := kindsAbout()
	known := `and modems are known by id = "…"`
	if !p.Registers() {
		known = `and modems are known by address = "10.7.3.21"`
	}
	var s strings.Builder
	fmt.Fprintf(&s, "# %s is built in: %s.\n", p.Name, about[p.Kind])
	manners := relay.MannersOf(p.Kind)
	for _, line := range []struct{ what, text string }{
		{"registration", manners.Registration}, {"we send", manners.Answer}, {"data", manners.Data},
		{"heartbeats", manners.Heartbeats}, {"facts", manners.Facts},
	} {
		fmt.Fprintf(&s, "#   %-13s %s\n", line.what, cmp.Or(line.text, "none"))
	}
	fmt.Fprintf(&s, "# An exchange uses it with profile = %q, %s.\n", p.Name, known)
	return s.String()
}

// kindsAbout are the profiles with code of their own, and what each is.
func kindsAbout() map[relay.Kind]string {
	kinds, texts := relay.Kinds()
	about := make(map[relay.Kind]string, len(kinds))
	for i, kind := range kinds {
		about[kind] = texts[i]
	}
	return about
}
