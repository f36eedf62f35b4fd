package main

import "github.com/spf13/cobra"

const placesLong = `Profiles describe bytes as ASCII text, or as "hex:" and pairs of hexadecimal digits, with places between
them. A place holds bytes that differ from modem to modem or from packet to packet:

  {id}  {id:11}      the modem's id; with a number, so many bytes, filled up with NUL, FF or spaces.
                     Without one it ends where the next bytes begin, or at the end with silence.
                     id_format says how its bytes are written: ascii, hex, hex-reversed or bcd.
  {*}  {*:6}         anything; it is not kept
  {signal}           anything, kept as a fact and shown under that name: any word in small letters,
                     such as {iccid}, {model} or {phone}
  {secret}  {login}  the modem's password and login, compared with its table and never shown
  {seq}  {seq:1}     a number that the answer repeats, as it repeats facts and the only {*}
  {length:2}         in packets: their length, high byte first; {length:2:le} low byte first.
                     length_counts says what it counts: data, packet or rest.
  {data}             in packets: the meter's bytes
  {counter:1}        in what we send: 0, 1, 2 …; {counter:2:le} low byte first
  {date:YYYYMMDDhhmmss}
                     in what we send: the local time
  {sum8}  {xor8}     a checksum of all bytes in front of it, or of those behind {from}
  {crc16}  {crc16-x25}  {crc16-ccitt}  {crc16-xmodem}
                     likewise, in two bytes, high byte first; {crc16:le} low byte first, as Modbus has it
  {from}             no bytes: the next checksum counts what follows
  7{seq}             in hexadecimal: the lower half of a byte, whose upper half is 7
  {{                 in text: a brace

For example, frames with a number that counts up, a padded id and a sum, which are answered:

  [profile.example]
  registration = "hex:7E 10 {seq:1} {id:12} {sum8} 0D"
  answer       = "hex:7E 90 {seq} {sum8} 0D"
  heartbeats   = [{ bytes = "hex:7E 11 {seq:1} {sum8} 0D", answer = "hex:7E 91 {seq} {sum8} 0D" }]

and packets both ways, with a length behind which everything is counted; what we send goes out packed
only if packet_out says how:

  packet_in     = "hex:A5 {length:2:le} {id:4} {data} {crc16:le}"
  packet_out    = "hex:A5 {length:2:le} {id:4} {data} {crc16:le}"
  length_counts = "rest"`

// newPlacesTopic returns what "meterline help places" shows. It is no verb: it has nothing to run.
func newPlacesTopic() *cobra.Command {
	return &cobra.Command{
		Use: "places", Short: "what can stand in { } in the bytes of a profile",
		Long: placesLong, Args: cobra.NoArgs,
	}
}
