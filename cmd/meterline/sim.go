package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"sync"
	"syscall"

	"github.com/spf13/cobra"

	"meterline/cmd/meterline/config"
	"meterline/cmd/meterline/daemon"
	"meterline/cmd/meterline/exit"
	"meterline/cmd/meterline/render"
	"meterline/cmd/meterline/sim"
	"meterline/relay/simulated"
	"meterline/relay/simulated/meters"
)

const simLong = `Simulated modems with simulated meters behind them, until it is interrupted: for demonstrations,
tests and load. They talk on loopback only, and invent their readings.

  meterline sim --call 127.0.0.1:7001 --imei 861234567890001 --count 50 --meter modbus-rtu
  meterline sim --call 127.0.0.1:7002 --profile irz --id 861234567890001 --heartbeat-every 10s
  meterline sim --call 127.0.0.1:7003 --profile dtu -c meterline.toml --id 1001
  meterline sim --listen 127.0.0.1:4001 --count 3 --meter iec62056-21 --delay 300ms --delay-max 3s

--profile takes any profile of meterline profile list, and irz-plain. With --count the IMEIs and ids
count up from the first, and with --listen the ports do.

With --dial it is a program instead, that calls a meter over a dial-up port as one of three families
of meter-reading software does, and reads it once a call:

  meterline sim --dial /run/meterline/ttyModem1 --number 89180001122 --program gurux --calls 10

With --usb-modem it is a GSM modem plugged into this machine, at a link, with a meter behind each
number, which count up too; path = LINK in a [usb.NAME] has the daemon use it. Linux only:

  meterline sim --usb-modem ./gsm1 --number +79180001122 --count 3 --meter modbus-rtu

And with --call, a text message or a missed call for a number wakes the modem behind it: it calls in
5 s later (--woken-after), with the IMEI or id that belongs to the number, and hangs up after a
minute (--stay), so that it can be woken again:

  meterline sim --usb-modem ./gsm1 --number +79180001122 --call 127.0.0.1:7001 --imei 861234567890001`

// maxSimulated is how many modems one process may simulate: about as many as there are local ports for connections.
const maxSimulated = 20000

// simVerb is one call of meterline sim.
type simVerb struct {
	settings config.Sim
	dial     simDial
	link     string // the path of a simulated plugged-in modem
	wake     simWake
	profile  string
	file     string // a configuration that declares profiles, empty if there is none
	book     *book  // the profiles, nil until one is needed
	imei     string
	register string
	count    int
	level    slog.Level
}

func newSim() *cobra.Command {
	var verb simVerb
	cmd := &cobra.Command{
		Use:   "sim",
		Short: "simulated modems and meters, calling in or being called, and programs that dial",
		Long:  simLong,
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx, stop := signal.NotifyContext(cmd.Context(), os.Interrupt, syscall.SIGTERM)
			defer stop()
			if flags := cmd.Flags(); flags.Changed("profile") && !flags.Changed("shuffle") {
				verb.settings.Shuffle = true
			}
			if err := verb.checkWake(cmd); err != nil {
				return exit.UsageError(err)
			}
			if verb.dial.port != "" {
				return verb.runDial(ctx, cmd.OutOrStdout())
			}
			if verb.link != "" {
				return verb.runPluggedIn(ctx, cmd.OutOrStdout(), daemon.NewLogger(cmd.ErrOrStderr(), verb.level, false))
			}
			modems, err := verb.modems(daemon.NewLogger(cmd.ErrOrStderr(), verb.level, false))
			if err != nil {
				return exit.UsageError(err)
			}
			if err := render.Say(cmd.OutOrStdout(), "SIMULATED: %s, all readings are invented; Ctrl-C ends", render.Counted(len(modems), "modem")); err != nil {
				return err
			}
			return simulateAll(ctx, modems)
		},
	}
	verb.flags(cmd)
	return cmd
}

func (v *simVerb) flags(cmd *cobra.Command) {
	flags, sim := cmd.Flags(), &v.settings
	flags.StringVar(&sim.Call, "call", "", "`ADDRESS` of the exchange to call; with --usb-modem: when woken")
	flags.StringVar(&sim.Listen, "listen", "", "`ADDRESS` to be called at")
	flags.StringVar(&v.profile, "profile", profileIMEI, "`NAME` of the modem's profile: "+strings.Join(simProfiles(), ", ")+", or one that -c declares")
	profileFile(cmd, &v.file)
	flags.StringVar(&sim.ID, "id", "", "`ID` of the modem under its profile; where that knows modems by address, one to call from")
	flags.StringVar(&v.imei, "imei", "", "with --call: `DIGITS` to register with, sent as a line")
	flags.StringVar(&v.register, "register", "", "other `BYTES` to send on connect, with the escapes of Go; {n} counts")
	flags.IntVar(&v.count, "count", 1, "how many modems")
	flags.StringVar(&sim.Meter, "meter", meters.KindModbus, "behind each: "+strings.Join(meters.Kinds(), ", "))
	flags.Uint8Var(&sim.Unit, "unit", 1, "address of a Modbus meter, 0: it answers to any")
	flags.StringVar(&sim.Address, "address", "", "address of an IEC meter, empty: it answers the general request")
	flags.DurationVar(&sim.Delay, "delay", 0, "delay of what the modem sends")
	flags.DurationVar(&sim.DelayMax, "delay-max", 0, "the longest, if it shall vary")
	flags.IntVar(&sim.Fragment, "fragment", 0, "send in pieces of at most so many bytes")
	flags.BoolVar(&sim.Shuffle, "shuffle", false, "cut and merge what is sent at random, as TCP may do; with --profile true unless said otherwise")
	flags.DurationVar(&sim.BeatEvery, "heartbeat-every", 0, "silence before a heartbeat of the profile; 0: as its maker sets it, or 1m")
	flags.DurationVar(&sim.LoseEvery, "lose-every", 0, "mean time until a connection is lost")
	flags.TextVar(&v.level, "log-level", slog.LevelInfo, "debug, info, warn or error")
	flags.StringVar(&v.link, "usb-modem", "", "be a modem plugged into this machine, at this `LINK`")
	v.dial.flags(cmd)
	v.wake.flags(cmd)
	cmd.MarkFlagsOneRequired("call", "listen", "dial", "usb-modem")
	cmd.MarkFlagsMutuallyExclusive("call", "listen", "dial")
	cmd.MarkFlagsMutuallyExclusive("usb-modem", "listen", "dial")
	cmd.MarkFlagsMutuallyExclusive("imei", "register", "id")
	_ = cmd.RegisterFlagCompletionFunc("profile", cobra.FixedCompletions(simProfiles(), cobra.ShellCompDirectiveNoFileComp))
	_ = cmd.RegisterFlagCompletionFunc("meter", cobra.FixedCompletions(meters.Kinds(), cobra.ShellCompDirectiveNoFileComp))
}

// runDial makes the calls of a simulated program.
func (v *simVerb) runDial(ctx context.Context, w io.Writer) error {
	v.dial.unit, v.dial.address = v.settings.Unit, v.settings.Address
	if err := v.dial.check(); err != nil {
		return exit.UsageError(err)
	}
	return v.dial.run(ctx, w)
}

func (v *simVerb) checkCount() error {
	if v.count < 1 || v.count > maxSimulated {
		return fmt.Errorf("--count %d: write a number from 1 to %d", v.count, maxSimulated)
	}
	return nil
}

// modems returns the modems that the flags ask for.
func (v *simVerb) modems(log *slog.Logger) ([]*simulated.Modem, error) {
	if err := v.checkCount(); err != nil {
		return nil, err
	}
	modems := make([]*simulated.Modem, 0, v.count)
	for i := range v.count {
		settings := v.settings
		settings.Modem = "sim-" + strconv.Itoa(i+1)
		if err := v.identify(&settings, i); err != nil {
			return nil, err
		}
		var err error
		if settings.Listen, err = nextPort(settings.Listen, i); err != nil {
			return nil, err
		}
		modem, err := sim.NewModem(settings, log)
		if err != nil {
			return nil, err
		}
		if err := modem.Validate(); err != nil {
			return nil, err
		}
		modems = append(modems, modem)
	}
	return modems, nil
}

// nextPort returns address with i added to its port. An empty address stays empty.
func nextPort(address string, i int) (string, error) {
	if address == "" {
		return "", nil
	}
	host, text, err := net.SplitHostPort(address)
	port, numberErr := strconv.Atoi(text)
	if err != nil || numberErr != nil || port+i > 65535 {
		return "", fmt.Errorf("--listen %q: write 127.0.0.1:PORT, with room for all modems behind it", address)
	}
	return net.JoinHostPort(host, strconv.Itoa(port+i)), nil
}

// simulateAll runs the modems until ctx ends. If one cannot start, all end.
func simulateAll(ctx context.Context, modems []*simulated.Modem) error {
	all := make([]func(context.Context) error, 0, len(modems))
	for _, modem := range modems {
		all = append(all, modem.Run)
	}
	return together(ctx, all)
}

// together runs all functions until ctx ends. An error of one ends all.
func together(ctx context.Context, all []func(context.Context) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var wg sync.WaitGroup
	for _, run := range all {
		wg.Go(func() {
			if err := run(ctx); err != nil {
				cancel(err)
			}
		})
	}
	wg.Wait()
	if err := context.Cause(ctx); err != nil && !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}
