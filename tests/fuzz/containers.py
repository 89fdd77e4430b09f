"""What a trace is packed in: the native file's checksums, gzip and zstd, as a program would write them."""
import ctypes
import gzip
import struct

# traces/FORMAT.md
FILE_HEADER = 16
CHUNK_HEADER = 24
CHUNK_TYPES = (b"META", b"EVNT", b"LIVE", b"MODS", b"FRMS", b"STKS", b"FOOT")

# zstd.h: ZSTD_cParameter
ZSTD_LEVEL = 100
ZSTD_CHECKSUM = 201


def library(name):
    """The build needs both libraries, so they are where it runs."""
    return ctypes.CDLL(name)


def xxh3(data):
    hash64 = library("libxxhash.so.0").XXH3_64bits
    hash64.restype = ctypes.c_uint64
    return hash64(bytes(data), ctypes.c_size_t(len(data)))


def chunks(data):
    """Where each chunk's header begins, and how long its payload says that it is; the last may not fit."""
    at = FILE_HEADER
    while len(data) - at >= CHUNK_HEADER:
        length = struct.unpack_from("<I", data, at + 4)[0]
        yield at, length
        at += CHUNK_HEADER + length


def sealed(data):
    """Every checksum made right, so that what a mutation did inside is reached."""
    data = bytearray(data)
    if len(data) < FILE_HEADER:
        return bytes(data)
    struct.pack_into("<I", data, 12, xxh3(data[:12]) & 0xFFFFFFFF)
    for at, length in chunks(data):
        payload = at + CHUNK_HEADER
        if payload + length <= len(data):
            struct.pack_into("<Q", data, at + 8, xxh3(data[payload : payload + length]))
        struct.pack_into("<I", data, at + 20, xxh3(data[at : at + 20]) & 0xFFFFFFFF)
    return bytes(data)


def gzipped(data):
    return gzip.compress(data, compresslevel=1, mtime=0)


def zstandard(data):
    zstd = library("libzstd.so.1")
    zstd.ZSTD_createCCtx.restype = ctypes.c_void_p
    zstd.ZSTD_compressBound.restype = ctypes.c_size_t
    zstd.ZSTD_compress2.restype = ctypes.c_size_t
    context = ctypes.c_void_p(zstd.ZSTD_createCCtx())
    zstd.ZSTD_CCtx_setParameter(context, ZSTD_LEVEL, 1)
    zstd.ZSTD_CCtx_setParameter(context, ZSTD_CHECKSUM, 1)
    room = zstd.ZSTD_compressBound(ctypes.c_size_t(len(data)))
    packed = ctypes.create_string_buffer(room)
    size = zstd.ZSTD_compress2(context, packed, ctypes.c_size_t(room), bytes(data), ctypes.c_size_t(len(data)))
    zstd.ZSTD_freeCCtx(context)
    return packed.raw[:size]


PACK = {"": bytes, "gz": gzipped, "zst": zstandard}


def in_parts(data, container, dice):
    """The same content as other programs pack it: several members or frames, empty ones and, of zstd, skippable ones."""
    at = dice.randrange(len(data) + 1)
    parts = [PACK[container](part) for part in (data[:at], data[at:])]
    if container == "zst":
        note = bytes(dice.randrange(20))
        parts.insert(dice.randrange(3), struct.pack("<II", 0x184D2A50 + dice.randrange(16), len(note)) + note)
    else:
        parts.insert(dice.randrange(3), PACK[container](b""))
    return b"".join(parts)
