# Reads the simulated Modbus meter at a port over the network, as a program does that knows pySerial's URLs:
#     rfc2217.py URL
# and, where the URL is one of RFC 2217, does to the port what can be done to it.
import sys
import serial


def crc(frame):
    c = 0xFFFF
    for b in frame:
        c ^= b
        for _ in range(8):
            c = c >> 1 ^ (0xA001 if c & 1 else 0)
    return bytes([c & 0xFF, c >> 8])


def read(port, first, count):
    request = bytes([1, 3, first >> 8, first & 0xFF, 0, count])
    port.write(request + crc(request))
    answer = port.read(5 + 2 * count)
    assert len(answer) == 5 + 2 * count, answer
    assert answer[-2:] == crc(answer[:-2]), answer
    return [answer[3 + 2 * i] << 8 | answer[4 + 2 * i] for i in range(count)]


url = sys.argv[1]
want = [2301, 2297, 2312, 512, 487, 503, 3415, 987, 5001, 0]
for speed, bits, parity in ((9600, 8, "N"), (300, 7, "E"), (115200, 8, "O")):
    with serial.serial_for_url(url, baudrate=speed, bytesize=bits, parity=parity, timeout=10) as port:
        for _ in range(5):
            assert read(port, 0, 10) == want
        if url.startswith("rfc2217"):
            port.baudrate = 19200
            port.stopbits = 2
            assert port.cts and port.dsr and not port.ri
            port.reset_input_buffer()
            port.reset_output_buffer()
            port.dtr = False
            port.rts = False
            port.dtr = True
            port.send_break(0.01)
            assert read(port, 0, 10) == want
print("done")
