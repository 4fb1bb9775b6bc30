"""Reads the log of a run with two readers that are not ours, and compares with what the run says.

    check_run.py LOG.etl RUN.json

RUN.json is what `netpnp run --json` printed: it comes out of the journal, not out of the log. Every
event's time, thread, ids, level, opcode and keyword are compared with both readers, its name and
every field with a decoder of this file, since etl-parser 1.0.1 cannot read counted texts and hex64,
and dissect.etl 3.14 reads no schemas.
"""

import json
import struct
import sys
import uuid
from pathlib import Path

from dissect.etl import ETL
from dissect.etl.headers.event import EventHeader, EventHeaderExtendedDataItem
from etl.etl import IEtlFileObserver, build_from_stream

RELATED, SCHEMA, TRAITS = 1, 11, 12
OPCODES = {0: "Info", 1: "Start", 2: "Stop"}
STATUSES = {0: "SUCCESS", 0xC0000001: "FAILURE", 0xC000009A: "RESOURCES"}

# TlgIn: size and format of numbers.
NUMBERS = {4: "<B", 7: "<i", 8: "<I", 10: "<Q", 20: "<I", 21: "<Q"}
TEXT, WIDE = 23, 22

problems = []


def same(where, found, expected):
    if found != expected:
        problems.append(f"{where}: {found!r}, expected {expected!r}")


def fields_of(schema):
    """Name of the event, and (name, in, out, counted) of each field."""
    size, tag = struct.unpack_from("<HB", schema)
    assert size == len(schema) and tag == 0, "the schema's size or tag"
    name, _, rest = schema[3:].partition(b"\0")
    fields = []
    while rest:
        field, _, rest = rest.partition(b"\0")
        kind, rest = rest[0], rest[1:]
        out = 0
        if kind & 0x80:
            out, rest = rest[0], rest[1:]
        fields.append((field.decode(), kind & 0x1F, out, bool(kind & 0x40)))
    return name.decode(), fields


def shown(text):
    return text.rstrip("\0").replace("\0", ", ")


def value_of(kind, out, payload):
    """One value as `netpnp run --json` writes it, and the rest of the payload."""
    if kind in (TEXT, WIDE):
        (size,) = struct.unpack_from("<H", payload)
        text = payload[2 : 2 + size].decode("utf-8" if kind == TEXT else "utf-16-le")
        return shown(text), payload[2 + size :]
    form = NUMBERS[kind]
    (number,) = struct.unpack_from(form, payload)
    payload = payload[struct.calcsize(form) :]
    if out == 14:
        return STATUSES.get(number, f"0x{number:08X}"), payload
    if out == 3:
        return number != 0, payload
    return (f"{number:#x}" if kind in (20, 21) else number), payload


def decode(schema, payload):
    name, fields = fields_of(schema)
    values = {}
    for field, kind, out, counted in fields:
        if not counted:
            values[field], payload = value_of(kind, out, payload)
            continue
        (count,) = struct.unpack_from("<H", payload)
        payload, values[field] = payload[2:], []
        for _ in range(count):
            value, payload = value_of(kind, out, payload)
            values[field].append(value)
    assert not payload, "no field takes the rest of the payload"
    return name, values


class Observer(IEtlFileObserver):
    def __init__(self):
        self.events = []

    def on_event_record(self, event):
        self.events.append(event)

    def ignore(self, _event):
        pass

    on_trace_record = on_perfinfo_trace = on_system_trace = on_win_trace = ignore


def identifier(value):
    parts = value.inner
    number = parts.data1 << 96 | parts.data2 << 80 | parts.data3 << 64
    return uuid.UUID(int=number | int.from_bytes(bytes(parts.data4), "big"))


def read_etl_parser(path):
    observer = Observer()
    build_from_stream(path.read_bytes()).parse(observer)
    for event in observer.events:
        header = event.source.event_header
        items = {item.ext_type: item.data_item for item in event.source.extended_data or []}
        yield {
            "time_100ns": event.get_timestamp(),
            "thread": event.get_thread_id(),
            "level": header.event_descriptor["Level"],
            "opcode": OPCODES[header.event_descriptor["Opcode"]],
            "keyword": f"{header.event_descriptor['Keyword']:#x}",
            "activity": identifier(header.activity_id),
        }, items, event.source.user_data


def read_dissect(path):
    with path.open("rb") as file:
        for buffer in ETL(file).buffers():
            for record in buffer:
                header = record.header
                if not isinstance(header, EventHeader):
                    continue
                items, at, more = {}, 0, header.header.Flags & 1
                while more:
                    item = EventHeaderExtendedDataItem(header.payload[at:])
                    items[int(item.ext_type)] = bytes(item.raw_data)
                    at, more = at + item.size, item.reserved1
                yield {
                    "time_100ns": header.time_delta,
                    "thread": header.thread_id,
                    "level": header.header.Level,
                    "opcode": OPCODES[header.header.OpCode],
                    "keyword": f"{header.header.Keywords:#x}",
                    "activity": header.activity_id,
                }, items, bytes(header.payload[at:])


def check(reader, found, expected):
    same(f"{reader}: events", len(found), len(expected))
    for number, ((event, items, payload), want) in enumerate(zip(found, expected)):
        where = f"{reader}: event {number} {want['name']}"
        for key, value in event.items():
            wanted = uuid.UUID(want[key]) if key == "activity" else want[key]
            same(f"{where} {key}", value, wanted)
        related = items.get(RELATED)
        related = related and uuid.UUID(bytes_le=bytes(related))
        # All zeros is nobody's activity.
        related = related if related and related.int else None
        same(f"{where} related", related, want["related"] and uuid.UUID(want["related"]))
        same(f"{where} traits", bytes(items[TRAITS])[2:], want["provider"].encode() + b"\0")
        name, values = decode(bytes(items[SCHEMA]), bytes(payload))
        same(f"{where} name", name, want["name"])
        same(f"{where} fields", values, want["fields"])


def main():
    path = Path(sys.argv[1])
    run = json.loads(Path(sys.argv[2]).read_text(encoding="utf-8"))["runs"][0]
    expected = [event for event in run["trace"]["events"] if "opcode" in event]
    for reader, read in [("etl-parser", read_etl_parser), ("dissect", read_dissect)]:
        try:
            check(reader, list(read(path)), expected)
        except Exception as error:  # noqa: BLE001 - a reader that gives up disagrees
            problems.append(f"{reader}: {type(error).__name__}: {error}")
    for problem in problems[:20]:
        print(problem)
    if problems:
        sys.exit(f"{path}: {len(problems)} disagreements")
    print(f"{path}: {len(expected)} events, both readers agree")


main()
