"""How arrays lie in Zarr stores of results, so that damage shows: each chunk has a checksum, and none is left out.

The attribute `arrays` of a group names the arrays that were made with it. damage.py looks whether all is there and
whole. Metadata are not consolidated: Zarr's specification knows no copies of them.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Literal

from glut4sim.sim.inputs.storage import Place, zarr_store

if TYPE_CHECKING:
    import xarray

ARRAYS = "arrays"  # attribute of a group
WHOLE = {"write_empty_chunks": True}  # else a chunk of fill values would be missing as if it were lost


def create_array(group: Any, name: str, *, compressor: Any = None, **options: Any) -> Any:
    """A new array of a Zarr group; `compressor` instead of Zarr's own, options as of its create_array."""
    return group.create_array(name, compressors=_codecs(compressor), config=WHOLE, **options)


def write_dataset(dataset: "xarray.Dataset", where: Place, mode: Literal["w", "a"], group: str | None = None) -> None:
    """Write a dataset of xarray as a store, or as a group of one; `mode` as of its to_zarr."""
    names = [str(name) for name in dataset.variables]
    dataset.assign_attrs({ARRAYS: names}).to_zarr(
        zarr_store(where), mode=mode, group=group, zarr_format=3, consolidated=False, write_empty_chunks=True,
        encoding={name: {"compressors": _codecs()} for name in names},
    )  # fmt: skip


def _codecs(compressor: Any = None) -> Iterable[Any]:
    from zarr.codecs import Crc32cCodec, ZstdCodec

    return compressor or ZstdCodec(), Crc32cCodec()
