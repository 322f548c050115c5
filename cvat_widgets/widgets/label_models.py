"""Labels from a model: which detectors there are, and what each of them can find, as labels a task can have."""

from __future__ import annotations

from typing import Any

from cvat_widgets.errors import ProtocolError
from cvat_widgets.widgets.rpc import Call, method

__all__: list[str] = []


@method("labels.models")
def models(call: Call) -> dict[str, Any]:
    """Return the detectors that labels can be taken from: ``{models: [{id, name, framework, problem}]}``."""
    offered = call.session.models.list("detector")
    return {
        "models": [
            {"id": each.id, "name": each.info.name, "framework": each.info.framework, "problem": each.problem}
            for each in offered
        ]
    }


@method("labels.of_model", on_models=True)
def labels_of_model(call: Call) -> dict[str, Any]:
    """Return the labels of a detector, loaded if it was not: ``{labels}``, without ids, which would mean nothing here."""
    name = call.params.get("model")
    if not isinstance(name, str):
        raise ProtocolError("model is the id of a model")
    info = call.session.models.info(name)
    if info.kind != "detector":
        raise ProtocolError(f"{info.name} is no detector: it knows no labels")
    return {"labels": [_without_ids(label) for label in info.labels.to_raw()]}


def _without_ids(raw: dict[str, Any]) -> dict[str, Any]:
    parts = {name: [_without_ids(each) for each in raw[name]] for name in ("attributes", "sublabels") if name in raw}
    return {name: value for name, value in (raw | parts).items() if name != "id"}
