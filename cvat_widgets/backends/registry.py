"""The models, one line each, how to load one, and how to add one's own."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cvat_widgets.backends.failures import ModelError, guarded
from cvat_widgets.backends.protocols import KINDS, Detector, Interactor, Kind, ModelInfo, ReIdentifier, Tracker

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Backend", "backends", "describe", "lines", "load_backend", "register"]

_PROTOCOLS: dict[str, Any] = {"detector": Detector, "interactor": Interactor, "tracker": Tracker, "reid": ReIdentifier}


@dataclass(frozen=True)
class Backend:
    """One line of the registry.

    Parameters
    ----------
    name
        What :func:`load_backend` is given.
    kind
        What it is.
    framework
        What it runs on.
    factory
        ``"module:callable"``, or the callable itself; its options are those of :func:`load_backend`.
    labels
        What it finds, in words.
    needs
        Modules that have to be there.
    extra
        The extra of this package that brings them.
    weights
        Options that name files the user has to give.
    help
        One sentence for the user.
    """

    name: str
    kind: Kind
    framework: str
    factory: str | Callable[..., Any]
    labels: str = ""
    needs: tuple[str, ...] = ()
    extra: str = ""
    weights: tuple[str, ...] = ()
    help: str = ""

    def missing(self) -> list[str]:
        """Return the modules that are not installed."""
        return [name for name in self.needs if importlib.util.find_spec(name) is None]

    def load(self, **options: Any) -> Any:
        """Make the model."""
        factory = self.factory
        if isinstance(factory, str):
            module, _, attribute = factory.partition(":")
            factory = getattr(importlib.import_module(module), attribute)
        _check_options(factory, options, self.name)
        with guarded(self.name, "loading"):
            return factory(**options)


def _line(name: str, kind: Kind, framework: str, factory: str, text: str, **more: Any) -> Backend:
    return Backend(name, kind, framework, f"cvat_widgets.backends.{factory}", help=text, **more)


_ONNX = "ONNX Runtime or OpenCV"
_FILE = ("weights",)
_ANY = "ONNX Runtime, OpenCV or PyTorch"
_FACES: dict[str, Any] = {"labels": "face", "weights": _FILE}
_CHECKPOINT = ("checkpoint",)
_SAM: dict[str, Any] = {"needs": ("torch",), "extra": "sam", "weights": _CHECKPOINT}
_HF: dict[str, Any] = {"needs": ("torch", "transformers"), "extra": "transformers", "weights": _CHECKPOINT}
_TV: dict[str, Any] = {"needs": ("torch", "torchvision"), "labels": "COCO's", "weights": _CHECKPOINT}
_HF_TEXTS = "GroundingDINO, OWL-ViT, OWLv2: boxes of what your own texts say"
_HF_KINDS, _TV_KINDS = "DETR, RT-DETR, Mask2Former, SegFormer", "Mask R-CNN, Faster R-CNN, RetinaNet, SSDLite, keypoints"
_SIAM_RPN = ("network", "kernel_cls1", "kernel_r1")
_SIAMESE = "PyTorch or ONNX Runtime"
_LINES = (
    _line("intelligent-scissors", "interactor", "OpenCV", "opencv_scissors:IntelligentScissors", "Outline that follows edges"),
    _line("grabcut", "interactor", "OpenCV", "opencv_grabcut:GrabCut", "Box and clicks to a mask"),
    _line("trackermil", "tracker", "OpenCV", "opencv_trackers:tracker_mil", "Follows boxes"),
    _line("nanotrack", "tracker", "OpenCV", "opencv_trackers:nanotrack", "Follows boxes, fast", weights=("backbone", "head")),
    _line("dasiamrpn", "tracker", "OpenCV", "opencv_trackers:dasiamrpn", "Follows boxes", weights=_SIAM_RPN),
    _line("vittrack", "tracker", "OpenCV", "opencv_trackers:vit_track", "Follows boxes, a transformer", weights=("net",)),
    _line("siammask", "tracker", _SIAMESE, "siammask:siammask", "Follows boxes, polygons and masks", weights=_FILE),
    _line("transt", "tracker", _SIAMESE, "transt:transt", "Follows boxes, a transformer", weights=_FILE),
    _line("optical-flow", "tracker", "OpenCV", "opencv_flow:FlowTracker", "Follows boxes, polygons and masks"),
    _line("yunet", "detector", "OpenCV", "opencv_faces:YuNet", "Finds faces", **_FACES),
    _line("ultralight-face", "detector", _ONNX, "opencv_faces:UltraLightFace", "Finds faces", **_FACES),
    _line("yolo", "detector", _ONNX, "onnx_yolo:OnnxYolo", "Any YOLO as ONNX", labels="those of the file", weights=_FILE),
    _line("reid", "reid", "NumPy", "reidentification:EmbeddingReIdentifier", "Boxes to tracks by their look"),
    _line("clicks", "interactor", _ONNX, "click_network:ClickNetwork", "This project's own small network, weights included"),
    _line("dextr", "interactor", _ANY, "dextr:Dextr", "DEXTR: four extreme points to a mask", weights=_FILE),
    _line("iog", "interactor", _ANY, "inside_outside:InsideOutside", "A box and points inside to a mask", weights=_FILE),
    _line("hrnet", "interactor", _ANY, "ritm:hrnet", "Clicks to a mask (RITM), fed back", weights=_FILE),
    _line("fbrs", "interactor", _ANY, "fbrs:fbrs", "f-BRS: clicks to a mask, refined", weights=_FILE),
    _line("sam", "interactor", "transformers", "sam_transformers:sam", "SAM, SAM-HQ, SAM 2: clicks, boxes to masks", **_HF),
    _line("sam-torch", "interactor", "PyTorch", "sam_torch:segment_anything", "SAM and MobileSAM, their own files", **_SAM),
    _line("transformers", "detector", "transformers", "transformers_detectors:transformers_detector", _HF_KINDS, **_HF),
    _line("text-prompts", "detector", "transformers", "text_prompts:text_prompts", _HF_TEXTS, labels="what texts say", **_HF),
    _line("sam2-video", "tracker", "transformers", "sam2_video:sam2_video", "Boxes, polygons, masks, by SAM 2's memory", **_HF),
    _line("torchvision", "detector", "torchvision", "torchvision_detectors:torchvision_detector", _TV_KINDS, **_TV),
)
_BACKENDS: dict[str, Backend] = {each.name: each for each in _LINES}


def register(
    name: str,
    factory: Callable[..., Any] | None = None,
    *,
    kind: Kind,
    framework: str = "Python",
    labels: str = "",
    needs: Iterable[str] = (),
    extra: str = "",
    weights: Iterable[str] = (),
    help: str = "",  # noqa: A002
) -> Any:
    """Add a model under a name: a call, or a decorator of the function or class that makes it.

    Parameters
    ----------
    name
        What :func:`load_backend` is given; a name that is there already is replaced unless it is one of the package's.
    factory
        Makes the model from the options of :func:`load_backend`.
    kind, framework, labels, needs, extra, weights, help
        See :class:`Backend`.
    """
    if kind not in KINDS:
        raise ModelError(f"{kind!r} is not a kind of model", hint=f"Use one of {', '.join(KINDS)}")
    if name in _BACKENDS and isinstance(_BACKENDS[name].factory, str):
        raise ModelError(f"{name!r} is the name of a model of this package")

    def add(made: Callable[..., Any]) -> Callable[..., Any]:
        _BACKENDS[name] = Backend(name, kind, framework, made, labels, tuple(needs), extra, tuple(weights), help)
        return made

    return add if factory is None else add(factory)


def lines() -> list[Backend]:
    """Return the lines of the registry."""
    return list(_BACKENDS.values())


def backends() -> pd.DataFrame:
    """Return the models that can be loaded by name: ``name, kind, framework, labels, available, help``.

    ``available`` says whether the packages are there; ``help`` ends with what has to be installed or given.
    """
    import pandas as pd

    rows = []
    for each in _BACKENDS.values():
        missing = each.missing()
        lacks = [_install(each, missing)] if missing else []
        lacks += [f"give the files: {', '.join(each.weights)}"] if each.weights else []
        rows.append(
            {
                "name": each.name,
                "kind": each.kind,
                "framework": each.framework,
                "labels": each.labels,
                "available": not missing,
                "help": "; ".join([each.help, *lacks]),
            }
        )
    return pd.DataFrame(rows, columns=["name", "kind", "framework", "labels", "available", "help"])


def _install(line: Backend, missing: Iterable[str]) -> str:
    return f"pip install 'cvat-widgets[{line.extra}]'" if line.extra else f"pip install {' '.join(missing)}"


def describe(model: Any) -> ModelInfo:
    """Return what a loaded model is, or raise :class:`ModelError` if it is none."""
    info = getattr(model, "info", None)
    if not isinstance(info, ModelInfo) or info.kind not in _PROTOCOLS:
        raise ModelError(
            f"a value of type {type(model).__name__} is no model",
            hint="A model has info (a ModelInfo) and the methods of its kind",
        )
    protocol = _PROTOCOLS[info.kind]
    absent = [name for name in _methods(protocol) if not callable(getattr(model, name, None))]
    if absent:
        raise ModelError(f"a {info.kind} needs the method {absent[0]}()", where=info.name)
    return info


def _methods(protocol: Any) -> list[str]:
    return [name for name, value in vars(protocol).items() if not name.startswith("_") and inspect.isfunction(value)]


def load_backend(model: Any, **options: Any) -> Any:
    """Load a model.

    Parameters
    ----------
    model
        * a name of :func:`backends`, e.g. ``"nanotrack"``;
        * the folder of a CVAT serverless function (``function.yaml`` and ``main.py``);
        * an ``.onnx`` file of the YOLO family;
        * a ``.py`` file or a module with a function for cvat-sdk;
        * an object that is a model already, or a function for cvat-sdk;
        * a plain function ``f(image)``, with the option ``labels``.
    options
        Given to whatever makes the model: weights, device, thresholds.

    Returns
    -------
    Interactor, Detector, Tracker or ReIdentifier

    Raises
    ------
    ModelError
        There is no such model, an option is not known, or it does not load.
    MissingExtraError
        A package is missing; the text names the extra.
    """
    named = isinstance(model, (str, os.PathLike))
    made = _by_name_or_path(model, options) if named else _by_object(model, options)
    describe(made)
    return made


def _by_name_or_path(model: str | os.PathLike[str], options: Mapping[str, Any]) -> Any:
    if isinstance(model, str) and model in _BACKENDS:
        line = _BACKENDS[model]
        missing = line.missing()
        if missing:
            command = f"pip install 'cvat-widgets[{line.extra}]'" if line.extra else f"pip install {' '.join(missing)}"
            raise ModelError(
                f"{model!r} needs {', '.join(missing)}, which is not installed", hint=f"Install it with: {command}"
            )
        return line.load(**options)
    path = Path(model).expanduser()
    if path.is_dir() or path.suffix in (".yaml", ".yml"):
        from cvat_widgets.backends.nuclio import load_function

        _check_options(load_function, {"folder": path, **options}, str(path))
        return load_function(path, **options)
    if path.suffix == ".onnx":
        return _BACKENDS["yolo"].load(weights=path, **options)
    if path.suffix == ".py" or (isinstance(model, str) and "." in model and _importable(model)):
        from cvat_widgets.backends.cvat_sdk_loading import load_sdk_function

        return load_sdk_function(model, **options)
    raise ModelError(
        f"there is no model {str(model)!r}",
        hint=f"Known are: {', '.join(_BACKENDS)}; or a folder with function.yaml, an .onnx or .py file, a module",
    )


def _importable(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except (ImportError, ValueError, AttributeError):
        # The package above it may be missing: cvat-sdk is named with its extra when it is loaded.
        return name.startswith("cvat_sdk.")


def _by_object(model: Any, options: Mapping[str, Any]) -> Any:
    from cvat_widgets.backends.cvat_sdk_functions import is_sdk_function, wrap_sdk_function

    if isinstance(getattr(model, "info", None), ModelInfo) and not inspect.isclass(model):
        if options:
            raise ModelError(f"the model is loaded already; {min(options)!r} cannot be set", where=model.info.name)
        return model
    with guarded(type(model).__name__, "giving its spec"):
        sdk = is_sdk_function(model)
    if sdk:
        if options:
            raise ModelError(f"the function is made already; {min(options)!r} cannot be set")
        return wrap_sdk_function(model)
    if inspect.isclass(model):
        return model(**options)
    if callable(model) and "labels" in options:
        from cvat_widgets.backends.functions import detector

        return detector(**options)(model)
    hint = "Give labels=[…] for a detector, or use @detector, @interactor or @tracker" if callable(model) else None
    raise ModelError(f"a value of type {type(model).__name__} is no model", hint=hint)


def _check_options(factory: Callable[..., Any], options: Mapping[str, Any], where: str) -> None:
    """Raise for an option that the factory does not take, and name those it does."""
    try:
        parameters = inspect.signature(factory).parameters
    except (TypeError, ValueError):
        return
    if any(each.kind is inspect.Parameter.VAR_KEYWORD for each in parameters.values()):
        return
    unknown = sorted(set(options) - set(parameters))
    if unknown:
        raise ModelError(
            f"the option {unknown[0]!r} is not known", where=where, hint=f"It takes: {', '.join(parameters) or 'no options'}"
        )
