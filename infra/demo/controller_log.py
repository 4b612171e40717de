"""The log that one of the demo's customers pastes: a hilly ride with three motor cut-outs."""

from collections.abc import Iterator

MARK = "{{controller log}}"

_BOOT = """\
[    0.000] sys boot, reset=power-on, board=dot-r3
[    0.214] cfg firmware=4.2.1 (was 4.1.9, updated over the air)
[    0.215] cfg uv_cutoff=33.00V uv_filter_ms=20 oc_cutoff=28.0A oc_filter_ms=200
[    0.391] bms found pack=B750 cells=10s7p cycles=112 health=97%
[    0.502] mot found controller=MC2 motor=85Nm
[    0.730] lte registered, roost module RM-31876 online"""
_RIDE = 2880  # seconds
_STEP = 20
# Seconds after switching on. Each climb ends in a cut-out: the pack's lowest voltage, and for
# how many milliseconds it stayed under the limit of 33 V.
_CLIMBS = ((600, 740, 32.87, 34), (1280, 1420, 32.84, 38), (2080, 2240, 32.89, 31))


def controller_log() -> str:
    """Return the log, about 20 KB, the same at every call."""
    return "\n".join((_BOOT, *_ride()))


def _ride() -> Iterator[str]:
    for second in range(_STEP, _RIDE, _STEP):
        yield from _sample(second)
        for _, end, lowest, milliseconds in _CLIMBS:
            if second == end:
                yield from _cut_out(second + 12, lowest, milliseconds)
    yield f"[{_RIDE:5d}.044] sys power button, off"


def _sample(second: int) -> Iterator[str]:
    climbing = any(start <= second <= end for start, end, _, _ in _CLIMBS)
    wobble = second // _STEP * 7 % 11  # 0 to 10, in no order that catches the eye
    charge = 71 - second // 200
    load = (14.2 if climbing else 3.1) + wobble * 0.27
    volts = 34.9 + charge * 0.05 - load * 0.13
    yield (
        f"[{second:5d}.{wobble * 83:03d}] bms soc={charge}% pack={volts:.2f}V load={load:.2f}A "
        f"cell_min={volts / 10 - 0.01:.2f}V temp={4 + second // 900}C"
    )
    torque, cadence, heat = (52, 54, 6) if climbing else (14, 71, 0)
    yield (
        f"[{second + 9:5d}.{wobble * 71:03d}] mot assist=3 torque={torque + wobble}Nm "
        f"cadence={cadence + wobble}rpm power={volts * load:.0f}W "
        f"temp={31 + second // 240 + heat}C"
    )


def _cut_out(second: int, lowest: float, milliseconds: int) -> Iterator[str]:
    yield (
        f"[{second:5d}.310] bms sag pack={lowest}V for {milliseconds}ms (cutoff 33.00V, filter 20ms)"
    )
    yield f"[{second:5d}.311] err E37 undervoltage cut-off, motor disabled"
    yield f"[{second:5d}.315] dot show E37"
    yield f"[{second:5d}.402] bms sag over pack=36.91V cell_min=3.68V, no cell under 3.20V"
    yield f"[{second + 3:5d}.118] sys power button, off, log kept"
    yield f"[{second + 6:5d}.540] sys power button, on, motor enabled"
