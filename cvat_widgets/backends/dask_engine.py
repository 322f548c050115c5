"""Chunks of frames on Dask workers; each worker opens the media itself.

A chunk is a pure function of its frames, so a chunk lost with its worker is simply run again by the scheduler. Results are
kept as they arrive, each chunk once, which is what makes killing a worker or the kernel harmless.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from typing import Any

from cvat_widgets.backends.annotation import Plan, Report, detect_chunk
from cvat_widgets.backends.annotation_journal import Journal
from cvat_widgets.backends.failures import ModelError, needed
from cvat_widgets.backends.read_ahead import read_ahead
from cvat_widgets.model.records import Shape, Tag

__all__ = ["run_on_dask"]

_media: dict[str, Any] = {}
_models: dict[str, Any] = {}


def _same(model: Any) -> Any:
    return model


def _work(
    key: str, media: Mapping[str, Any], model: Any, options: Mapping[str, Any], frames: tuple[int, ...], plan: Plan
) -> Any:
    """Run one chunk; media and a model given by name are opened once a worker process."""
    if key not in _media:
        from cvat_widgets.media import reopen_media

        _media.clear()
        _media[key] = reopen_media(media)
    if isinstance(model, str):
        name = f"{model} {sorted(options.items())!r}"
        if name not in _models:
            from cvat_widgets.backends.registry import load_backend

            _models[name] = load_backend(model, **options)
        model = _models[name]
    with closing(read_ahead(frames, _media[key].read, 2 * plan.batch)) as pictures:  # type: ignore[type-var]
        return detect_chunk(model, frames, pictures, plan)


@contextmanager
def _client(engine: Any, workers: int) -> Iterator[Any]:
    """Yield a client: the given one, one of the scheduler's address, or one of a cluster in this machine."""
    distributed = needed("distributed", "distributed", "dask", "engine='dask'")
    if not isinstance(engine, str):
        yield engine
        return
    with ExitStack() as stack:
        if "://" in engine:
            yield stack.enter_context(distributed.Client(engine, set_as_default=False))
            return
        cluster = distributed.LocalCluster(
            n_workers=workers, threads_per_worker=1, processes=True, dashboard_address=None, silence_logs=40
        )
        stack.enter_context(cluster)
        yield stack.enter_context(distributed.Client(cluster, set_as_default=False))


def run_on_dask(
    plan: Plan,
    model: Any,
    options: Mapping[str, Any],
    media: Mapping[str, Any],
    journal: Journal,
    report: Report,
    *,
    engine: Any = "dask",
    workers: int = 2,
    retries: int = 3,
) -> None:
    """Run the chunks that are missing.

    Parameters
    ----------
    plan
        What to do.
    model, options
        A model, which has to pickle, or the name of one and its options, which the workers then load themselves.
    media
        Description of the media; the workers must see the same files.
    journal
        Where finished chunks are kept.
    report
        Called with the number of frames of each finished chunk.
    engine
        ``"dask"`` for a cluster in this machine, the address of a scheduler, or a ``distributed.Client``.
    workers
        Processes of the cluster in this machine.
    retries
        How often a chunk that failed is tried again.
    """
    distributed = needed("distributed", "distributed", "dask", "engine='dask'")
    chunks = plan.chunks()
    todo = [number for number in range(len(chunks)) if number not in journal.done]
    if not todo:
        return
    with _client(engine, workers) as client:
        sent = _sent(client, model)
        futures: dict[Any, int] = {}
        try:
            for number in todo:
                task: Callable[..., Any] = _work
                futures[
                    client.submit(
                        task, journal.run, media, sent, dict(options), chunks[number], plan, pure=False, retries=retries,
                        key=f"annotate-{journal.run}-{number}",
                    )
                ] = number  # fmt: skip
            for future in distributed.as_completed(list(futures), loop=client.loop):
                records: list[Shape | Tag] = future.result()
                journal.add(futures[future], records)
                report(len(chunks[futures[future]]))
        finally:
            client.cancel(list(futures))


def _sent(client: Any, model: Any) -> Any:
    """Send the model to the scheduler once, as a task that it can repeat should all workers die, or leave its name."""
    if isinstance(model, str):
        return model
    try:
        return client.submit(_same, model, pure=False)
    except (TypeError, AttributeError, ValueError, RuntimeError) as error:
        raise ModelError(
            f"the model cannot be sent to the workers: {error}",
            where=model.info.name,
            hint="Give its name instead: task.annotate('yolo', options={'weights': …}, engine='dask')",
        ) from error
