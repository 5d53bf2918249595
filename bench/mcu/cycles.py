"""Estimates clock cycles from an execution trace of QEMU by a table of Arm's documented instruction timings.

Fewer instructions are not fewer cycles. The tables are those of the Technical Reference Manuals of the Cortex-M0 (DDI
0432, 3.3), M3 (DDI 0337, 3.3) and M4 (DDI 0439, 3.3 and 7.2), for memory without wait states. Arm publishes none for the
M7, M33 and M55, which issue two instructions at a time or overlap them: no estimate is made for those.

Where a manual leaves a range, this is taken: a pipeline refill P is 2 cycles (of 1 to 3), a division 12 (of 2 to 12), a
multiplication of the M0 one.
"""
import re
import subprocess

REFILL = 2
CORES = {"cortex-m0": "m0", "cortex-m3": "m3", "cortex-m4": "m4"}

CONDITIONS = "eq|ne|cs|hs|cc|lo|mi|pl|vs|vc|hi|ls|ge|lt|gt|le"
LOADS = re.compile(r"v?ldr(s?[bh])?$")
STORES = re.compile(r"v?str[bh]?$")
MULTIPLE = re.compile(r"(v?ldm|v?stm|v?push|v?pop)")
BRANCHES = re.compile(rf"(b|bl|bx|blx|cbz|cbnz)({CONDITIONS})?$")
FUSED = re.compile(r"v(n?ml[as]|fn?m[as])$")
ARITHMETIC = re.compile(r"v(add|sub|n?mul|n?ml[as]|fn?m[as]|div|sqrt|cvtr?|abs|neg)$")
DIVISIONS = re.compile(r"v(div|sqrt)$")


class Instruction:
    """One line of a disassembly."""

    def __init__(self, address, size, mnemonic, operands):
        self.address, self.size = address, size
        words = mnemonic.split(".")
        self.wide = "f64" in words or "64" in words
        self.name = words[0]
        if not BRANCHES.match(self.name):
            self.name = re.sub(rf"^(\w{{2,}}?)({CONDITIONS})$", r"\1", self.name) if self.is_conditional() else self.name
        self.text = operands
        self.registers = re.findall(r"\b(?:r\d+|s\d+|d\d+|q\d+|sp|lr|pc|ip|fp|sl)\b", operands)

    def is_conditional(self):
        """Inside an IT block; names that end like a condition on their own (muls, vmls) are left alone."""
        return not re.search(r"(mls|mul|muls|lsls|bics|vcls|svc|teq)$", self.name)

    @property
    def single_access(self):
        return bool(LOADS.match(self.name) or STORES.match(self.name))

    @property
    def result(self):
        """The register that is written, if it is one."""
        if not self.registers or STORES.match(self.name) or re.match(r"(v?cmp|cmn|tst|teq|it|b|cb)", self.name):
            return None
        return self.registers[0]

    @property
    def address_registers(self):
        inside = re.search(r"\[(.*?)\]", self.text)
        return re.findall(r"\b(?:r\d+|sp|lr|ip|fp|sl)\b", inside.group(1)) if inside else []

    @property
    def word_count(self):
        """Registers in braces, in words."""
        count = 0
        for part in re.search(r"\{(.*?)\}", self.text).group(1).split(","):
            ends = re.findall(r"([a-z]+)(\d+)", part)
            span = int(ends[1][1]) - int(ends[0][1]) + 1 if len(ends) == 2 else 1
            count += span * (2 if part.strip().startswith("d") else 1)
        return count


def cost_m0(before, now, taken):
    name = now.name
    if MULTIPLE.match(name):
        return 1 + now.word_count + (3 if taken else 0)
    if LOADS.match(name) or STORES.match(name):
        return 2
    if name == "bl":
        return 4
    if taken:
        return 3
    return {"mrs": 4, "msr": 4, "dsb": 4, "isb": 4, "dmb": 4}.get(name, 1)


def cost_m4(before, now, taken, core="m4"):
    """Of `now`, that follows `before`; taken: another instruction than the next one follows."""
    name = now.name
    cycles = REFILL if taken else 0
    if MULTIPLE.match(name):
        return cycles + 1 + now.word_count
    if name in ("ldrd", "strd"):
        return 3
    if now.single_access:
        # Neighbouring single loads and stores overlap; an address that was computed just before is waited for.
        neighbours = before is not None and before.single_access
        waits = (before is not None and not before.single_access and not before.name.startswith("v")
                 and before.result in now.address_registers and before.result is not None)
        if STORES.match(name) and not name.startswith("v"):
            alone = 1 if neighbours or "," not in now.text.split("[")[1].replace(", #", "") else 2
        else:
            alone = 1 if neighbours else 2
        return cycles + alone + (1 if now.wide else 0) + (1 if waits else 0)
    if name in ("tbb", "tbh"):
        return cycles + 2
    if name in ("sdiv", "udiv"):
        return 12
    if core == "m3" and name in ("mla", "mls"):
        return 2
    if core == "m3" and name in ("smull", "umull", "smlal", "umlal"):
        return 5
    if name.startswith("v"):
        return cycles + cost_of_float(before, now)
    return cycles + 1


def cost_of_float(before, now):
    """Arithmetic takes a cycle longer if the next instruction consumes its result, but as an addend."""
    cycles = 14 if DIVISIONS.match(now.name) else 3 if FUSED.match(now.name) else 1
    if now.name == "vmov" and len(now.registers) == 4:
        cycles = 2
    if before is not None and ARITHMETIC.match(before.name) and before.result:
        addend_free = bool(FUSED.match(now.name))
        consumed = now.registers if now.name.startswith("vcmp") else now.registers[1:]
        if before.result in consumed and not (addend_free and before.result not in now.registers[1:]):
            cycles += 1
    return cycles


COSTS = {"m0": cost_m0, "m3": lambda b, n, t: cost_m4(b, n, t, "m3"), "m4": cost_m4}


def disassemble(elf):
    """Instructions by address, and addresses by symbol."""
    text = subprocess.run(["arm-none-eabi-objdump", "-d", elf], check=True, capture_output=True, text=True).stdout
    instructions, symbols = {}, {}
    for line in text.splitlines():
        symbol = re.match(r"([0-9a-f]+) <(.+)>:$", line)
        if symbol:
            symbols[symbol.group(2)] = int(symbol.group(1), 16)
            continue
        match = re.match(r"\s*([0-9a-f]+):\t([0-9a-f ]+?)\s*\t(\S+)\s*(.*)$", line)
        if match:
            address, code, mnemonic, operands = match.groups()
            size = len(code.replace(" ", "")) // 2
            operands = re.sub(r"\s*[;@<].*", "", operands)
            instructions[int(address, 16)] = Instruction(int(address, 16), size, mnemonic, operands)
    return instructions, symbols


def read_trace(lines, begin, end):
    """Counts of neighbours (address, next address) between each time that `begin` and then `end` is reached."""
    runs, counts, last = [], None, None
    held = None  # the latest address, which a line "Stopped" takes back
    for line in lines:
        if line.startswith(b"Stopped"):
            held = None
            continue
        if not line.startswith(b"Trace"):
            continue
        address, held = held, int(line.split(b"/", 2)[1], 16)
        if address is None:
            continue
        if counts is not None and last is not None:
            pair = (last, address)
            counts[pair] = counts.get(pair, 0) + 1
        if address == begin:
            counts, last = {}, None
        elif address == end and counts is not None:
            runs.append(counts)
            counts = None
        if counts is not None:
            last = address
    return runs


def weigh(counts, instructions, core):
    """Instructions and cycles of one run; cycles None where there is no table."""
    cost = COSTS.get(core)
    total = sum(counts.values())
    if cost is None:
        return total, None
    before_of = {}
    for (first, second), count in counts.items():
        before_of.setdefault(second, []).append((first, count))
    cycles = 0
    for (address, following), count in counts.items():
        now = instructions[address]
        taken = following != address + now.size
        sources = before_of.get(address, [(None, count)])
        arrivals = sum(number for _, number in sources)
        for source, number in sources:  # the mean over what came before
            cycles += count * number / arrivals * cost(instructions.get(source), now, taken)
    return total, round(cycles)
