"""What pySerial does to a port, and what it must get: run as pyserial.py PORT-OF-AN-IEC-METER PORT-OF-AN-ECHO."""
import os
import sys
import termios
import time

import serial

IEC, ECHO = sys.argv[1:3]
SIGN_ON = b"/MTL5METERLINE-SIM\r\n"


def same(got, want, what):
    if got != want:
        sys.exit("%s: %r, want %r" % (what, got, want))


def sign_on(port):
    port.write(b"/?!\r\n")
    same(port.read_until(b"\n"), SIGN_ON, "IEC 62056-21 sign-on")


def opens_with_7e1():
    """A Linux pty refuses parity when nothing else changes with it: the port sees to it that something does."""
    for n in range(100):
        try:
            with serial.Serial(IEC, 300, serial.SEVENBITS, serial.PARITY_EVEN, timeout=15) as port:
                sign_on(port)
        except (serial.SerialException, termios.error) as e:
            sys.exit("open %d of 100 with 7E1: %s" % (n + 1, e))


def speeds():
    with serial.Serial(ECHO, timeout=15) as port:
        for speed in (300, 1200, 9600, 115200, 12345):  # the last one has no constant of its own
            port.baudrate = speed
            port.write(b"speed")
            same(port.read(5), b"speed", "echo at %d Bd" % speed)
        for bits, parity, stop in ((8, "N", 2), (8, "N", 1), (8, "E", 1), (7, "E", 1), (8, "N", 1)):
            port.close()
            port.bytesize, port.parity, port.stopbits = bits, parity, stop
            port.open()
            every = bytes(range(256))
            port.write(every)
            same(port.read(256), every, "every byte at %d%s%d" % (bits, parity, stop))


def exclusive():
    with serial.Serial(ECHO, exclusive=True, timeout=15) as port:
        try:
            serial.Serial(ECHO, exclusive=True).close()
            sys.exit("a second exclusive open succeeded")
        except serial.SerialException:
            pass
        port.write(b"mine")
        same(port.read(4), b"mine", "echo of an exclusive port")
    serial.Serial(ECHO, exclusive=True).close()


def waiting():
    with serial.Serial(ECHO, timeout=0.2) as port:
        began = time.monotonic()
        same(port.read(1), b"", "read of a silent port")
        if not 0.15 < time.monotonic() - began < 5:
            sys.exit("a time-out of 200 ms took %.3f s" % (time.monotonic() - began))
        port.write(b"seven..")
        port.flush()  # what tcdrain(3) has let go of and tcflush(3) cannot reach any more
        end = time.monotonic() + 15
        while port.in_waiting < 7 and time.monotonic() < end:
            time.sleep(0.002)
        same(port.in_waiting, 7, "bytes waiting")
        port.reset_input_buffer()
        same(port.in_waiting, 0, "bytes waiting after a flush")
        port.timeout = 15
        port.write(b"again")
        same(port.read(5), b"again", "echo after a flush")


def errno_of(f):
    try:
        f()
    except OSError as e:
        return e.errno
    return 0


def modem_lines():
    """There are none on a Linux pty; a program that sets them sees what it would see on any other."""
    master, slave = os.openpty()
    with serial.Serial(ECHO, timeout=15) as port, serial.Serial(os.ttyname(slave)) as plain:
        for name in ("dtr", "rts"):
            for level in (False, True):
                ours, others = (errno_of(lambda p=p: setattr(p, name, level)) for p in (port, plain))
                same(ours, others, "%s = %s" % (name, level))
        for name in ("cts", "dsr", "ri", "cd"):
            ours, others = (errno_of(lambda p=p: getattr(p, name)) for p in (port, plain))
            same(ours, others, name)
        port.send_break(0.01)
        port.write(b"after all that")
        same(port.read(14), b"after all that", "echo after modem lines and a break")
    os.close(master)
    os.close(slave)


for check in (opens_with_7e1, speeds, exclusive, waiting, modem_lines):
    check()
    print("%s: as it should be" % check.__name__)
