#!/usr/bin/env python3
"""Makes random JSON texts and broken ones, and writes down what Python's own parser says of each.

    python3 test/vectors/json-vectors.py > test/vectors/json-vectors.txt

The same seed gives the same bytes. Each line holds, parted by spaces:

    text      the bytes, base64
    member    what is to be said of the member "model" of the outermost object:
              BROKEN (not JSON), OTHER_ROOT (JSON, but no object), DUPLICATE, OTHER_CASE,
              NOT_A_STRING, ABSENT, or its value in UTF-16, hexadecimal, after "="
    start end where its value stands with the quotes, in bytes; - when there is none
    whole     BROKEN, REPEATED (JSON, but an object somewhere has a name twice), or the CRC-32 of
              the canonical form below

Where Python is looser than RFC 8259 in UTF-8, or looks at more than the text, it is held tighter:
the bytes are decoded strictly here (it would guess UTF-16 and UTF-32), one byte order mark is
taken off, NaN and Infinity are refused, numbers are kept as text (long ones would be an error),
and only the parser in C is used, since the one in Python takes other alphabets' digits. It takes
escapes of lone surrogates and a raw DEL, as the RFC does. Texts are kept shallow: it recurses.
"""

import base64
import json
import json.scanner
import random
import re
import sys
import zlib

SEED = 8259
GENERATED = 1100
MUTATED = 1700
LONG = 700
MAX_BYTES = 420

assert json.scanner.c_make_scanner is not None, "needs the parser in C"

# --- The judge ---


class Number(str):
    """A number as it was written."""


class Object(list):
    """An object's pairs, in order."""


def refuse_constant(word):
    raise ValueError(word + " is not JSON")


DECODER = json.JSONDecoder(
    parse_constant=refuse_constant,
    parse_int=Number,
    parse_float=Number,
    object_pairs_hook=Object,
)


def decoded(body):
    """The text, or None when it is not JSON in UTF-8."""
    try:
        text = body.decode("utf-8", "strict").removeprefix("\ufeff")
        # decode() skips blanks of JSON only, and refuses what follows the value.
        return text, DECODER.decode(text)
    except ValueError:
        return None


def judge(body):
    found = decoded(body)
    if found is None:
        return "BROKEN", "-", "-", "BROKEN"
    text, value = found
    whole = "REPEATED" if repeats(value) else "%08x" % zlib.crc32(canonical(value).encode("ascii"))
    if not isinstance(value, Object):
        return "OTHER_ROOT", "-", "-", whole
    return *member(text, value, len(body) - len(text.encode("utf-8"))), whole


def member(text, pairs, mark):
    """What comes first in the text is said first."""
    named = [(name, value) for name, value in pairs if ascii_lower(name) == "model"]
    if not named:
        return "ABSENT", "-", "-"
    name, value = named[0]
    if name == "model" and value is not None and type(value) is not str:
        return "NOT_A_STRING", "-", "-"
    if len(named) > 1:
        return "DUPLICATE", "-", "-"
    if value is None and name == "model":
        return "ABSENT", "-", "-"
    if name != "model":
        return "OTHER_CASE", "-", "-"
    start, end = span(text)
    octets = [mark + len(text[:at].encode("utf-8")) for at in (start, end)]
    return "=" + utf16(value), *octets


def ascii_lower(name):
    return "".join(chr(ord(c) | 0x20) if "A" <= c <= "Z" else c for c in name)


def span(text):
    """Walks over the members of the outermost object to the one that counts."""
    at = blanks(text, blanks(text, 0) + 1)
    while True:
        name, at = DECODER.raw_decode(text, at)
        at = blanks(text, at)
        start = blanks(text, at + 1)
        _, end = DECODER.raw_decode(text, start)
        if name == "model":
            return start, end
        at = blanks(text, blanks(text, end) + 1)


def blanks(text, at):
    return re.compile(r"[ \t\n\r]*").match(text, at).end()


def repeats(value):
    if isinstance(value, Object):
        names = [name for name, _ in value]
        return len(set(names)) < len(names) or any(repeats(item) for _, item in value)
    return type(value) is list and any(repeats(item) for item in value)


def canonical(value):
    """Strings in UTF-16, hexadecimal; numbers as written; members in order."""
    if isinstance(value, Object):
        return "{" + "".join(utf16(n) + ":" + canonical(v) + "," for n, v in value) + "}"
    if type(value) is list:
        return "[" + "".join(canonical(item) + "," for item in value) + "]"
    if type(value) is str:
        return '"' + utf16(value) + '"'
    return value if isinstance(value, Number) else json.dumps(value)


def utf16(text):
    return text.encode("utf-16-be", "surrogatepass").hex()


# --- The texts ---

KEYS = ["model"] * 5 + ["Model", "MODEL", "mOdel", "models", "mode", "mod el", "", "a", "stream"]
KEYS += ["messages", "m\u00f6del", "\u043codel", "model\u0000", "\u212aey", "modelmodel", "x" * 31]
CHARACTERS = ["\u00e9\u00df\u07ff\u0080", "\u4e2d\u6587\u0800\ud7ff\ue000\uffff\u2028"]
CHARACTERS += ["\U0001f600\U00010000\U0010ffff"]
SHORT = list('"\\/bfnrt')
BLANKS = ["", "", "", "", " ", "\n", "\t", "\r\n", "  ", "\n        "]
NUMBERS = ["0", "-0", "7", "-12", "1.5", "0.0", "1e5", "1E+5", "2e-7", "-0.5E-10", "1e400"]
NUMBERS += ["9" * 25]
BROKEN = ["01", "-", "+1", "1.", ".5", "1e", "1e+", "0x1", "1_0", "- 1", "NaN", "Infinity"]
BROKEN += ["-Infinity", "nul", "True", "undefined", "'a'", '"a', '"\\x"', '"\\u12g4"', '"\\u12']
BROKEN += ['"\\"', "{", "]"]
BROKEN += ["[1,]", "[,1]", '{"a"}', '{"a":}', '{"a":1,}', "{a:1}", "[1 2]", "/**/1", "1//", '"\t"']
# Octets that matter to some parser somewhere.
OCTETS = b'"\\{}[]:,0-+.eEu \t\n\r\x00\x0b\x0c\x1f\x7f\x80\xa0\xbf\xc2\xe0\xed\xf0\xf4\xff'
# Every kind of octets that UTF-8 does not have: overlong, surrogate, too large, lone, cut off.
NOT_UTF8 = ["c080", "c1bf", "e08080", "e09fbf", "eda080", "edbfbf", "f0808080", "f08fbfbf"]
NOT_UTF8 += ["f4908080", "f5808080", "ff", "fe", "80", "bf", "c3", "e4b8", "f09f98", "c328"]
NOT_UTF8 += ["e42880", "f09f2880"]
NOT_UTF8 += ["e4b828", "f0289880", "f09f9828", "f8888080", "c3c3a9", "e4e4b8ad", "f880808080"]


class Maker:
    def __init__(self, chance):
        self.chance = chance

    def document(self):
        chance = self.chance.random()
        root = self.object(0) if chance < 0.94 else self.value(0)
        mark = "\ufeff" if self.chance.random() < 0.04 else ""
        return (mark + self.blank() + root + self.blank()).encode("utf-8")

    def object(self, depth):
        count = self.chance.choice([0, 1, 1, 2, 2, 3, 4]) if depth else self.chance.randint(0, 4)
        members = [self.member(depth) for _ in range(count)]
        return "{" + (",".join(members) or self.blank()) + "}"

    def member(self, depth):
        name = self.blank() + self.key(depth) + self.blank()
        value = self.string() if self.chance.random() < 0.5 else self.value(depth + 1)
        return name + ":" + self.blank() + value + self.blank()

    def key(self, depth):
        if depth and self.chance.random() < 0.6:
            return self.string()
        spelled = "".join(self.spelled(c) for c in self.chance.choice(KEYS))
        return '"' + spelled + '"'

    def spelled(self, c):
        if c < " " or self.chance.random() < 0.07:
            digits = "%04x" % ord(c)
            return "\\u" + "".join(self.chance.choice([d, d.upper()]) for d in digits)
        return c

    def value(self, depth):
        kind = self.chance.random()
        if depth < 4 and kind < 0.2:
            return self.object(depth)
        if depth < 4 and kind < 0.35:
            count = self.chance.randint(0, 4)
            items = [self.blank() + self.value(depth + 1) + self.blank() for _ in range(count)]
            return "[" + (",".join(items) or self.blank()) + "]"
        if kind < 0.6:
            return self.string()
        if kind < 0.8:
            return self.chance.choice(NUMBERS)
        return self.chance.choice(["true", "false", "null"])

    def string(self, most=5):
        return '"' + "".join(self.run() for _ in range(self.chance.randint(0, most))) + '"'

    def run(self):
        kind = self.chance.random()
        if kind < 0.4:
            return "".join(self.chances("abcXYZ 019{}[]:,/'", 19))
        if kind < 0.7:
            return "".join(self.chances(self.chance.choice(CHARACTERS), 5))
        if kind < 0.85:
            return "".join("\\" + letter for letter in self.chances(SHORT, 3))
        if kind < 0.87:
            return "\x7f"
        points = [0xD83D, 0xDE00, 0xD800, 0xDFFF, 0x41, 0, 0xFFFF, self.chance.randrange(0x10000)]
        forms = ["\\u%04x", "\\u%04X"]
        return "".join(self.chance.choice(forms) % point for point in self.chances(points, 4))

    def chances(self, choices, most):
        return [self.chance.choice(choices) for _ in range(self.chance.randint(1, most))]

    def blank(self):
        return self.chance.choice(BLANKS)

    def octet(self):
        any_octet = self.chance.random() < 0.3
        return self.chance.randrange(256) if any_octet else self.chance.choice(OCTETS)

    def mutated(self, body):
        body = bytearray(body)
        for _ in range(self.chance.choice([1, 1, 1, 2, 3])):
            at = self.chance.randint(0, len(body))
            kind = self.chance.randrange(8)
            if kind == 0:
                body.insert(at, self.octet())
            elif kind == 1:
                del body[at : at + self.chance.choice([1, 1, 2, 5])]
            elif kind == 2:
                del body[at:]
            elif kind == 3 and at < len(body):
                body[at] = self.octet()
            elif kind == 4 and at < len(body):
                body[at] ^= 1 << self.chance.randrange(8)
            elif kind == 5:
                body[at:at] = bytes.fromhex(self.chance.choice(NOT_UTF8))
            elif kind == 6:
                body[at:at] = body[at : at + self.chance.randint(1, 12)]
            elif kind == 7:
                body = self.replaced(body)
        return bytes(body)

    def replaced(self, body):
        """Puts something broken in the place of a value."""
        ends = [match.end() for match in re.finditer(rb"[:\[]", body)]
        if not ends:
            return body
        at = self.chance.choice(ends)
        stop = re.compile(rb"[^,}\]]*").match(body, at).end()
        return body[:at] + self.chance.choice(BROKEN).encode() + body[stop:]

    def long(self):
        """One long string, so that whatever is wrong stands anywhere among eight octets."""
        text = self.string(12)
        forms = ['{"model":%s}', '{"model":"m","a":%s}', '{"a":[%s],"model":"\u4e2d"}']
        body = (self.chance.choice(forms) % text).encode("utf-8")
        chance = self.chance.random()
        if chance < 0.3:
            return body
        at = self.chance.randint(9, len(body) - 2)
        not_utf8 = bytes.fromhex(self.chance.choice(NOT_UTF8))
        wrong = not_utf8 if chance < 0.6 else bytes([self.octet()])
        return body[:at] + wrong + body[at + self.chance.choice([0, 1]) :]


def bodies():
    make = Maker(random.Random(SEED))
    for _ in range(GENERATED):
        yield make.document()
    for _ in range(MUTATED):
        yield make.mutated(make.document())
    for _ in range(LONG):
        yield make.long()
    for broken in BROKEN:
        yield b'{"model":"m","a":' + broken.encode() + b"}"
        yield b'{"a":[' + broken.encode() + b'],"model":"m"}'
    for octets in NOT_UTF8:
        for ahead in range(0, 17, 3):
            yield b'{"model":"' + b"a" * ahead + bytes.fromhex(octets) + b'bbbbbbbb"}'


def main():
    seen = set()
    for body in bodies():
        if len(body) <= MAX_BYTES and body not in seen:
            seen.add(body)
            text = base64.b64encode(body).decode("ascii")
            print(text, *judge(body))


if __name__ == "__main__":
    sys.exit(main())
