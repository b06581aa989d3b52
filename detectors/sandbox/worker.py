"""The worker of `detectors.sandbox.isolated_detector`: one detector in a process of its own, started by the jury only.

Its first order names a detector to load, or a plugin whose detectors it lists. It answers orders until its input ends.
What the detector prints goes to the error stream; the pipe to the jury is out of its reach.
"""

import json
import traceback
from typing import IO

import numpy as np

from detectors.networks.resolve import find_added, is_added
from detectors.sandbox import bootstrap
from detectors.sandbox.audit import AuditedDetector
from detectors.sandbox.protocol import Array, Values, receive, send
from registry import DetectorSpec, Registry, read_finding, reopen
from registry.manager import OPTIONS, ask_plugin

SAID = ("key", "title", *sorted(OPTIONS))


def serve(orders: IO[bytes], answers: IO[bytes]) -> None:
    """Load the detector of the first order, then answer the others until the jury closes the pipe."""
    order, _ = receive(orders)
    bootstrap.limit_memory(int(order["memory"]))
    try:
        if "list" in order:
            send(answers, {}, _list(order["list"]))
            return
        audited = _load(order)
    except (Exception, SystemExit) as error:  # a plugin may raise anything
        send(answers, _describe(error))
        return
    send(answers, {})
    while True:
        try:
            order, image = receive(orders)
        except EOFError:
            return
        send(answers, *_obey(audited, order, image))


def _load(order: Values) -> AuditedDetector:
    audited = AuditedDetector(lambda: find_spec(order["plugin"], order["key"]), scratch=order["scratch"])
    audited.load()
    return audited


def _list(plugin: str) -> Array:
    """What it registers, as JSON in bytes: there may be more of it than fits a message's line."""
    offers = [{name: getattr(spec, name) for name in SAID} for spec in ask_plugin(find_added(plugin))]
    return np.frombuffer(json.dumps(offers).encode(), dtype=np.uint8)


def find_spec(plugin: str, key: str) -> DetectorSpec:
    """The detector of that key, from the plugin or the added source of that name."""
    if not is_added(plugin):
        return reopen(plugin, key)
    return Registry(tuple(ask_plugin(find_added(plugin))))[key]  # the file may have changed since it was listed


def _obey(audited: AuditedDetector, order: Values, image: Array | None) -> tuple[Values, Array | None]:
    """The answer to one order: a finding, or what a check found."""
    try:
        if "check" in order:
            from detectors.conformance.check import run_check  # brings the sample pictures; the jury does without

            return run_check(order["check"], audited), None
        if "times" in order:
            answer = audited.examine(image, np.asarray(order["times"], dtype=np.float64))  # type: ignore[arg-type]
            finding = read_finding(answer, frames=len(order["times"]))
            return {"p_fake": finding.p_fake}, finding.scores
        finding = read_finding(audited.examine(image, order.get("rate")))  # type: ignore[arg-type]  # as the jury sends it
        return {"p_fake": finding.p_fake}, finding.heatmap
    except (Exception, SystemExit) as error:  # a detector may raise anything
        return _describe(error), None


def _describe(error: BaseException) -> Values:
    traceback.print_exception(error)
    text = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    return {"error": text[:1000]}
