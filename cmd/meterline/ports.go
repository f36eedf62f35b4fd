package main

import (
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"

	"github.com/spf13/cobra"

	"meterline/bridge"
	"meterline/cmd/meterline/config"
	"meterline/cmd/meterline/exit"
	"meterline/vport"
	"meterline/vport/com"
	"meterline/vport/com0com"
)

const portsLong = `COM ports on Windows are ends of pairs that the null-modem driver com0com makes: a program opens the
one, meterline holds the other. This lists the COM ports of the configuration with their pairs, and
the pairs that none of them uses; "create" and "remove" print the commands of the driver's setupc
for them, to be run by an administrator in its folder. Nothing is made or changed here.

On another system the configuration is read as if it were for Windows, and --list gives what setupc
list prints there.`

// portsFlags are the flags that say which configuration, and which pairs of COM ports.
type portsFlags struct {
	clientFlags

	list string
}

func newPorts() *cobra.Command {
	var flags portsFlags
	cmd := &cobra.Command{
		Use:   "ports",
		Short: "COM ports of Windows: their pairs, and the commands that make them",
		Long:  portsLong,
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			p, err := flags.picture()
			if err != nil {
				return err
			}
			p.ask(cmd, &flags.clientFlags)
			_, err = io.WriteString(cmd.OutOrStdout(), p.String())
			return err
		},
	}
	flags.add(cmd)
	flags.addList(cmd)
	cmd.AddCommand(
		newPortsCommands("create", "print the commands that make the pairs which the configuration needs", portsPicture.create),
		newPortsCommands("remove", "print the commands that remove the pairs of the configuration", portsPicture.remove),
	)
	return cmd
}

// newPortsCommands returns a verb below ports that prints commands to standard output, and notes to standard error.
func newPortsCommands(use, short string, make func(portsPicture) (commands, notes []string)) *cobra.Command {
	var flags portsFlags
	cmd := &cobra.Command{
		Use: use, Short: short, Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			p, err := flags.picture()
			if err != nil {
				return exitFor(err)
			}
			commands, notes := make(p)
			for _, note := range notes {
				fmt.Fprintln(cmd.ErrOrStderr(), note)
			}
			for _, line := range commands {
				if _, err := fmt.Fprintln(cmd.OutOrStdout(), line); err != nil {
					return exitFor(err)
				}
			}
			return nil
		},
	}
	fileFlag(cmd, &flags.file)
	flags.addList(cmd)
	return cmd
}

// exitFor gives an error of a verb below another verb its exit code, as addVerb does for the other verbs.
func exitFor(err error) error {
	if exit.IsCoded(err) {
		return err
	}
	return &exit.Error{Code: exit.Failed, Err: err}
}

func (f *portsFlags) addList(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.list, "list", "", "`FILE` with what setupc list prints, in place of this machine's pairs")
}

// picture reads the configuration as on Windows, and the pairs of this machine or of the list.
func (f *portsFlags) picture() (portsPicture, error) {
	l := config.NewLoader()
	l.GOOS = "windows"
	set, err := l.Load(f.file)
	if err != nil {
		return portsPicture{}, exit.ConfigurationError(err)
	}
	p := portsPicture{ports: comPorts(set.Bridge)}
	if f.list != "" {
		text, err := config.ReadInput(f.list)
		if err != nil {
			return p, fmt.Errorf("read the list of pairs: %w", err)
		}
		p.pairs, p.known = com0com.FromList(string(text)), true
		if len(p.pairs) == 0 && strings.TrimSpace(string(text)) != "" {
			return p, fmt.Errorf("read the list of pairs: %s holds none: want what setupc list prints, like CNCA0 PortName=COM12", f.list)
		}
		return p, nil
	}
	p.pairs, err = com.Pairs()
	if errors.Is(err, vport.ErrUnsupported) {
		p.notes = append(p.notes, fmt.Sprintf("the pairs are not known: this is %s; give what setupc list prints on the Windows machine with --list", runtime.GOOS))
		return p, nil
	}
	if err != nil {
		return p, err
	}
	p.known = true
	driver, err := com.AskDriver()
	if err != nil {
		p.notes = append(p.notes, err.Error())
	}
	p.notes = append(p.notes, driver.Faults()...)
	return p, nil
}

// comPorts returns the COM ports of a configuration.
func comPorts(cfg bridge.Config) []bridge.PortConfig {
	var ports []bridge.PortConfig
	for _, p := range cfg.Ports {
		if com0com.IsCOM(p.Spec.Address) {
			ports = append(ports, p)
		}
	}
	return ports
}
