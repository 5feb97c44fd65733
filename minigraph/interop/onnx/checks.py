"""What ONNX's operators need of their operands, or an error in words."""

from minigraph.core.errors import OperationError
from minigraph.core.node import Node
from minigraph.core.provenance import described, places
from minigraph.core.sizes import SymbolicSize
from minigraph.interop.onnx.call import Call, sayable

__all__ = ["known_shape"]


def known_shape(call: Call, x: Node, *axes: int) -> tuple[int, ...]:
    """The sizes of some axes, or of all, or an error for one that is not there or has a size known only in a run."""
    wanted = axes or tuple(range(x.ndim))
    for axis in wanted:
        if axis >= x.ndim or isinstance(x.shape[axis], SymbolicSize):
            raise OperationError(
                f"{call.owner} needs to know how large {described(x)} is along axis {axis}.{places(x)}{sayable(x)}"
            )
    return tuple(int(x.shape[axis]) for axis in wanted)
