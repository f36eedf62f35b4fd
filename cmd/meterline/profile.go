package main

import (
	"cmp"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"meterline/cmd/meterline/config"
	"meterline/cmd/meterline/config/table"
	"meterline/cmd/meterline/exit"
	"meterline/cmd/meterline/render"
	"meterline/relay/profile"
)

const profileLong = `Profiles say how a family of modems registers, beats and packs. Some are built into the program,
some come with it as tables that can be copied and changed, and a configuration declares its own.`

func newProfile() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "profile",
		Short: "how families of modems say who they are: list, show, and try on bytes",
		Long:  profileLong,
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	for _, verb := range []*cobra.Command{newProfileList(), newProfileShow(), newProfileTest()} {
		addVerb(cmd, verb, "")
	}
	return cmd
}

// profileFile adds -c to a verb that can do without a configuration, but knows the profiles of one that is given.
func profileFile(cmd *cobra.Command, file *string) {
	cmd.Flags().StringVarP(file, "config", "c", "", "configuration `FILE` that declares profiles, too")
	_ = cmd.MarkFlagFilename("config", "toml") // fails only for a flag that does not exist
}

// book holds all profiles that have a name.
type book struct {
	ready    map[string]*config.DeclaredProfile
	declared map[string]profile.Profile
	ids      map[string][]string // by profile: the ids of the configuration's modems
}

func newBook(file string) (*book, error) {
	ready, err := config.ReadyProfiles()
	if err != nil {
		return nil, err
	}
	b := &book{ready: ready, ids: make(map[string][]string)}
	if file == "" {
		return b, nil
	}
	set, err := config.Load(file)
	if err != nil {
		return nil, exit.ConfigurationError(err)
	}
	b.declared = set.Profiles
	profiles := make(map[string]string)
	for _, e := range set.Bridge.Exchanges {
		profiles[e.Name] = e.Profile.Name
	}
	for _, m := range set.Bridge.Modems {
		if name := profiles[m.Exchange]; m.Exchange != "" {
			b.ids[name] = append(b.ids[name], m.ID)
		}
	}
	return b, nil
}

// find returns the profile of that name.
func (b *book) find(name string) (profile.Profile, error) {
	if p, there := b.declared[name]; there {
		return p, nil
	}
	if p, there := b.ready[name]; there {
		return p.Config, nil
	}
	kinds, _ := profile.Kinds()
	if slices.Contains(kinds, profile.Kind(name)) {
		return profile.Profile{Name: name, Kind: profile.Kind(name)}, nil
	}
	hint := "see meterline profile list"
	if near := table.Nearest(name, b.names()); near != "" {
		hint = fmt.Sprintf("perhaps %q is meant; %s", near, hint)
	}
	return profile.Profile{}, exit.UsageError(fmt.Errorf("no profile %q: %s", name, hint))
}

// names returns all names: of the profiles with code of their own, the ready ones, and the declared ones.
func (b *book) names() []string {
	kinds, _ := profile.Kinds()
	names := make([]string, 0, len(kinds))
	for _, kind := range kinds {
		names = append(names, string(kind))
	}
	return slices.Concat(names, config.ReadyNames(), slices.Sorted(maps.Keys(b.declared)))
}

// completeProfile completes names for the shell.
func completeProfile(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	b, err := newBook("")
	if err != nil || len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return b.names(), cobra.ShellCompDirectiveNoFileComp
}

// oneProfile returns an error unless there is exactly one name.
func oneProfile(_ *cobra.Command, args []string) error {
	if len(args) != 1 {
		return errors.New("write the NAME of one profile, see meterline profile list")
	}
	return nil
}

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

// list returns one line for each profile.
func (b *book) list() string {
	t := render.Table{Head: []string{"NAME", "REGISTERS", "SOURCE", "ABOUT"}}
	about := kindsAbout()
	for _, name := range b.names() {
		p, err := b.find(name)
		if err != nil {
			continue // never: it is one of the names
		}
		switch {
		case p.Kind != profile.Declared:
			t.Row(name, knownBy(p, "by itself"), "built in", about[p.Kind])
		case b.ready[name] != nil:
			t.Row(name, knownBy(p, b.ready[name].Registration()), p.Source, p.Note)
		default:
			t.Row(name, knownBy(p, "as declared"), "the configuration", "")
		}
	}
	return t.String()
}

// knownBy describes how a modem is identified.
func knownBy(p profile.Profile, by string) string {
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

// show returns a profile as TOML: a table, or comments.
func (b *book) show(p profile.Profile) string {
	if p.Kind == profile.Declared {
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
	described := profile.Describe(p.Kind)
	for _, line := range []struct{ what, text string }{
		{"registration", described.Registration}, {"we send", described.Answer}, {"data", described.Data},
		{"heartbeats", described.Heartbeats}, {"facts", described.Facts},
	} {
		fmt.Fprintf(&s, "#   %-13s %s\n", line.what, cmp.Or(line.text, "none"))
	}
	fmt.Fprintf(&s, "# An exchange uses it with profile = %q, %s.\n", p.Name, known)
	return s.String()
}

// kindsAbout returns the profiles with code of their own, with a description.
func kindsAbout() map[profile.Kind]string {
	kinds, texts := profile.Kinds()
	about := make(map[profile.Kind]string, len(kinds))
	for i, kind := range kinds {
		about[kind] = texts[i]
	}
	return about
}
