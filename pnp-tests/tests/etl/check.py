"""Reads an event trace log with two readers that are not ours, and compares.

    check.py LOG.etl EXPECTED.json

EXPECTED has "session" (what the log's header says) and "events" in time order, no two of one time:
bytes as hex digits, and "fields" where etl-parser can read every type of the event, else null.

Not compared, since the reader is wrong for logs by Windows too:
  etl-parser 1.0.1: what stands behind the time zone in the log's header (it misses 4 bytes of
    padding); fields of type FILETIME, hex64, counted text, SID and struct; processors.
  dissect.etl 3.14: the order of the provider id's bytes; fields (it does not read schemas).
Both give events in the file's order, so they are sorted here.
"""

import json
import sys
import uuid
from pathlib import Path

from dissect.etl import ETL
from dissect.etl.headers.event import EventHeader, EventHeaderExtendedDataItem
from etl.etl import IEtlFileObserver, build_from_stream

RELATED, SCHEMA, TRAITS = 1, 11, 12
PROBLEMS_SHOWN = 20

problems = []


def same(where, found, expected):
    if found != expected:
        problems.append(f"{where}: {found!r}, expected {expected!r}")


def items_of(event):
    """The extended items that an event is expected to have, in order, and whether more follow."""
    items = [(RELATED, event["related"]), (TRAITS, event["traits"]), (SCHEMA, event["metadata"])]
    items = [(kind, data) for kind, data in items if data]
    return [(kind, data, int(i + 1 < len(items))) for i, (kind, data) in enumerate(items)]


def guid(text):
    """What both readers make of 16 bytes."""
    return uuid.UUID(bytes_le=bytes.fromhex(text))


# --- etl-parser ---------------------------------------------------------------------------------


class Observer(IEtlFileObserver):
    def __init__(self):
        self.events = []

    def on_event_record(self, event):
        self.events.append(event)

    def foreign(self, event):
        problems.append(f"etl-parser: a record that is not an event: {event}")

    on_trace_record = on_perfinfo_trace = on_system_trace = on_win_trace = foreign


def plain(value):
    """A field as JSON has it; GUIDs are the only structures."""
    if hasattr(value, "inner"):
        parts = value.inner
        number = parts.data1 << 96 | parts.data2 << 80 | parts.data3 << 64
        return str(uuid.UUID(int=number | int.from_bytes(bytes(parts.data4), "big")))
    return value


def etl_parser_guid(value):
    return uuid.UUID(plain(value))


def etl_parser_header(log, session):
    header = log.get_header().source
    for name, key in [
        ("BufferSize", "buffer_size"),
        ("ProviderVersion", "os_build"),
        ("NumberOfProcessors", "processors"),
        ("EndTime", "end_filetime"),
        ("BuffersWritten", "buffers"),
        ("PointerSize", "pointer_size"),
        ("EventsLost", "events_lost"),
    ]:
        same(f"etl-parser: {name}", header[name], session[key])


def etl_parser_event(where, found, event):
    header = found.source.event_header
    descriptor = header.event_descriptor
    same(f"{where} time", found.get_timestamp(), event["ticks"])
    same(f"{where} thread", found.get_thread_id(), event["thread"])
    same(f"{where} process", found.get_process_id(), event["process"])
    same(f"{where} provider", etl_parser_guid(header.provider_id), guid(event["provider"]))
    same(f"{where} activity", etl_parser_guid(header.activity_id), guid(event["activity"]))
    for name in ["Id", "Version", "Channel", "Level", "Opcode", "Task", "Keyword"]:
        same(f"{where} {name}", descriptor[name], event[name.lower()])
    items = found.source.extended_data or []
    items = [(i.ext_type, i.data_item.hex(), i.reserved2) for i in items]
    same(f"{where} items", items, items_of(event))
    same(f"{where} payload", found.source.user_data.hex(), event["payload"])
    if event["fields"] is not None:
        logging = found.parse_tracelogging()
        same(f"{where} name", logging.get_name(), event["name"])
        fields = {name: plain(value) for name, value in logging.items()}
        same(f"{where} fields", fields, event["fields"])


def check_etl_parser(path, session, events):
    log = build_from_stream(path.read_bytes())
    etl_parser_header(log, session)
    observer = Observer()
    log.parse(observer)
    found = sorted(observer.events, key=lambda event: event.get_timestamp())
    same("etl-parser: events", len(found), len(events))
    for number, (one, event) in enumerate(zip(found, events)):
        etl_parser_event(f"etl-parser: event {number}", one, event)


# --- dissect.etl --------------------------------------------------------------------------------


def dissect_header(log, session):
    logfile = log.logfile_header
    same("dissect: name", logfile.logger_name, session["name"])
    for name, key in [
        ("BufferSize", "buffer_size"),
        ("ProviderVersion", "os_build"),
        ("NumberOfProcessors", "processors"),
        ("EndTime", "end_filetime"),
        ("BuffersWritten", "buffers"),
        ("PointerSize", "pointer_size"),
        ("EventsLost", "events_lost"),
        ("BootTime", "boot_filetime"),
        ("PerfFreq", "frequency"),
        ("StartTime", "start_filetime"),
        ("BufferLost", "buffers_lost"),
    ]:
        same(f"dissect: {name}", getattr(logfile.header, name), session[key])
    for name, value in [
        ("TimerResolution", 156250),
        ("MaximumFileSize", 0),
        ("LogFileMode", 1),
        ("StartBuffers", 1),
        ("CpuSpeedInMHz", 2400),
        ("ReservedFlags", 1),
    ]:
        same(f"dissect: {name}", getattr(logfile.header, name), value)
    same("dissect: start", logfile.system_header.time_delta, session["start_ticks"])


def dissect_buffers(path, log):
    """Yields processor and record; checks what the buffers say about themselves."""
    buffers = list(log.buffers())
    same("dissect: end of the last buffer", buffers[-1].next_buffer, path.stat().st_size)
    for number, buffer in enumerate(buffers):
        header, where = buffer.header, f"dissect: buffer {number}"
        same(f"{where} sequence", header.SequenceNumber, number)
        same(f"{where} type", int(header.BufferType), 0 if number else 4)
        same(f"{where} used", header.SavedOffset, header.FilledBytes)
        last = number in (0, len(buffers) - 1)
        same(f"{where} flags", int(header.BufferFlag), 0x21 if last else 0x20)
        for record in buffer:
            yield header.ProcessorIndex, record.header


def dissect_items(header, count):
    """dissect goes on reading items in the payload: told how many there are."""
    items, at = [], 0
    for _ in range(count):
        item = EventHeaderExtendedDataItem(header.payload[at:])
        items.append((int(item.ext_type), bytes(item.raw_data).hex(), item.reserved1))
        at += item.size
    return items, bytes(header.payload[at:]).hex()


def dissect_event(where, log, processor, header, event):
    same(f"{where} processor", processor, event["processor"])
    same(f"{where} time", log.get_filetime_for_event(header.time_delta), event["filetime"])
    same(f"{where} ticks", header.time_delta, event["ticks"])
    same(f"{where} thread", header.thread_id, event["thread"])
    same(f"{where} process", header.process_id, event["process"])
    same(f"{where} provider", header.provider_id.bytes.hex(), event["provider"])
    same(f"{where} activity", header.activity_id, guid(event["activity"]))
    raw = header.header
    for name in ["Id", "Version", "Channel", "Level", "Task"]:
        same(f"{where} {name}", getattr(raw, name), event[name.lower()])
    same(f"{where} opcode", raw.OpCode, event["opcode"])
    same(f"{where} keyword", raw.Keywords, event["keyword"])
    expected = items_of(event)
    same(f"{where} flags", raw.Flags, 1 if expected else 0)
    items, payload = dissect_items(header, len(expected))
    same(f"{where} items", items, expected)
    same(f"{where} payload", payload, event["payload"])


def check_dissect(path, session, events):
    with path.open("rb") as file:
        log = ETL(file)
        dissect_header(log, session)
        records = list(dissect_buffers(path, log))
        found = [(cpu, header) for cpu, header in records if isinstance(header, EventHeader)]
        same("dissect: records that are not events", len(records) - len(found), 2)
        found.sort(key=lambda record: record[1].time_delta)
        same("dissect: events", len(found), len(events))
        for number, ((processor, header), event) in enumerate(zip(found, events)):
            dissect_event(f"dissect: event {number}", log, processor, header, event)


def main():
    path = Path(sys.argv[1])
    expected = json.loads(Path(sys.argv[2]).read_text(encoding="utf-8"))
    for check in [check_etl_parser, check_dissect]:
        try:
            check(path, expected["session"], expected["events"])
        except Exception as error:  # noqa: BLE001 - a reader that gives up disagrees
            problems.append(f"{check.__name__}: {type(error).__name__}: {error}")
    for problem in problems[:PROBLEMS_SHOWN]:
        print(problem)
    if problems:
        sys.exit(f"{path}: {len(problems)} disagreements")
    print(f"{path}: {len(expected['events'])} events, both readers agree")


main()
