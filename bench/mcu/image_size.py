"""Flash and RAM of what is in an image, from the linker's map."""
import re
import subprocess

LINE = re.compile(r" (\.\S+)\s+0x([0-9a-f]+)\s+0x([0-9a-f]+) \S")


def read_map(path):
    """Bytes of each input section: (name, bytes) pairs."""
    with open(path, encoding="utf-8") as file:
        text = file.read().split("Linker script and memory map", 1)[1]
    text = re.sub(r"\n (\.\S+)\n +0x", r"\n \1 0x", text)  # long names have a line of their own
    return [(match.group(1), int(match.group(3), 16)) for match in map(LINE.match, text.splitlines())
            if match and int(match.group(2), 16) + int(match.group(3), 16) > 0 and int(match.group(3), 16) > 0]


def sizes(path):
    """code_bytes, table_bytes and ram_bytes, without what the benchmark itself brings along (kernel.hpp)."""
    total = {"code_bytes": 0, "table_bytes": 0, "ram_bytes": 0}
    sections = [(name, size) for name, size in read_map(path)
                if re.match(r"\.(text|rodata|data|bss)", name)]
    symbols = subprocess.run(["arm-none-eabi-c++filt"], capture_output=True, text=True, check=True,
                             input="\n".join(name.split(".", 2)[-1] for name, _ in sections)).stdout.splitlines()
    for (section, size), symbol in zip(sections, symbols):
        owner = re.split(r"[<(\[]", symbol.replace("(anonymous namespace)::", ""), maxsplit=1)[0]
        if "bench_" in owner and "bench_run" not in owner:
            continue
        kind = section.split(".")[1]
        if kind == "text":
            total["code_bytes"] += size
        elif kind == "rodata":
            total["table_bytes"] += size
        else:
            total["ram_bytes"] += size
            if kind == "data":
                total["table_bytes"] += size
    return total
