"""The slow twin: a step of the cell in plain Python, agent after agent, from the equations and not from the kernel.

Receptors and glucose carry what is left of their E ~ Exp(1) and burn it down in every step; a vesicle looks through all
its candidates of a step: no clock tables, no shared integrals, no lists of who is due, no looking ahead, no chunks, no
packing. Random numbers are Python integers; the logarithm is that of `math`; motion is done in numpy's float32 scalars,
operation by operation, so that its bits must be the kernel's.

Exits of a state are listed in the order of the kind's TRANSITIONS: that order decides which uniform number picks
which. A second way to the same state is the state's name with "again".
Sources of the equations: Salmon et al., SC'11 (2011), for Philox; Sedaghat, Sherman, Quon, Am J Physiol Endocrinol
Metab 283:E1084 (2002), from the receptor to PIP3.
"""

import math
import struct
from collections import Counter

import numpy as np

f32 = np.float32

RECEPTOR_STATES = (
    "free", "bound", "once", "twice", "internal free", "internal once", "internal twice", "tired", "unbound",
)  # fmt: skip
VESICLE_STATES = ("stored", "mobile", "tethered", "docked", "fused", "endocytosed", "clustered")
GLUCOSE_STATES = ("outside", "inside", "phosphorylated", "used")
RECEPTOR_CLOCK, VESICLE_CLOCK, VESICLE_MOTION, GLUCOSE_CLOCK = 1, 3, 4, 7  # streams
MOLECULES = 6.02214076e8  # in 1 pL at 1 mM
VESICLE_TRANSITIONS = (
    (0, 1), (1, 0), (1, 2), (2, 1), (2, 3), (3, 2), (3, 2), (3, 4), (4, 5), (5, 0),
    (5, 1), (3, 6), (6, 4), (4, 6), (6, 5),
)  # fmt: skip
TETHERING = 2  # possible only near the membrane
LOWEST_BAND = {  # upper end of each state's lowest band of candidates [1/s]
    "stored": 2.0**-11,
    "mobile": 2.0,
    "tethered": 0.5,
    "docked": 0.125,
    "fused": 2.0**-8,
    "endocytosed": 2.0**-5,
    "clustered": 2.0**-8,
}


# ---- random numbers ----


def philox(agent, draw, stream, replicate, seed):
    """Philox4x32-10: four words, from Python integers."""
    c = [agent, draw, stream, replicate]
    k = [seed % 2**32, seed // 2**32]
    for _ in range(10):
        left, right = 0xD2511F53 * c[0], 0xCD9E8D57 * c[2]
        c = [right // 2**32 ^ c[1] ^ k[0], right % 2**32, left // 2**32 ^ c[3] ^ k[1], left % 2**32]
        k = [(k[0] + 0x9E3779B9) % 2**32, (k[1] + 0xBB67AE85) % 2**32]
    return c


def uniform(high, low):
    return (high * 2**20 + low // 2**12 + 0.5) / 2**52


def fma(a, b, c):
    """a * b + c of float32 numbers, rounded once.

    The product is exact in a double. The sum is rounded to odd, so that rounding it again to a float32 is as if there
    had been but one rounding (Boldo, Melquiond, IEEE Trans Comput 57:462, 2008).
    """
    product, c = float(a) * float(b), float(c)
    total = product + c
    part = total - product
    lost = (product - (total - part)) + (c - part)
    if lost and not struct.unpack("<q", struct.pack("<d", total))[0] & 1:
        total = math.nextafter(total, math.copysign(math.inf, lost))
    return f32(total)


def polynomial(x, *coefficients):
    """Horner's rule in float32, highest power first, each step rounded once."""
    total = f32(coefficients[0])
    for c in coefficients[1:]:
        total = fma(total, x, f32(c))
    return total


def normal_pair(a, b):
    """Box-Muller in float32 from integers of 26 and 16 bits; Cephes polynomials for logarithm, sine and cosine."""
    mantissa, exponent = math.frexp(f32(a) + f32(0.5))
    if f32(mantissa) < f32(0.5**0.5):
        mantissa, exponent = 2.0 * mantissa, exponent - 1
    m = f32(mantissa - 1.0)
    log = polynomial(
        m, 7.0376836292e-2, -1.1514610310e-1, 1.1676998740e-1, -1.2420140846e-1, 1.4249322787e-1,
        -1.6668057665e-1, 2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1, -0.5,
    )  # fmt: skip
    log = fma(f32(exponent - 26), f32(math.log(2.0)), fma(log, m * m, m))
    radius = np.sqrt(f32(-2.0) * min(log, f32(0.0)))
    quarter = (b + 2**13) // 2**14 % 4  # nearest quarter turn; t is what remains, -1/8 .. 1/8 turn
    rest = (b + 2**13) % 2**14 - 2**13
    t = f32(rest) * f32(2.0 * math.pi / 2**16)
    t2 = t * t
    sine = fma(polynomial(t2, -1.9515295891e-4, 8.3321608736e-3, -1.6666654611e-1) * t2, t, t)
    cosine = polynomial(t2, 2.443315711809948e-5, -1.388731625493765e-3, 4.166664568298827e-2, -0.5, 1.0)
    turned = [(cosine, sine), (-sine, cosine), (-cosine, -sine), (sine, -cosine)][quarter]
    return radius * turned[0], radius * turned[1]


def normals(w):
    """Six of them from four words: three radii of the upper 26 bits, three angles of 16 bits, two of them in the last
    word and one from what the radii leave over."""
    left_over = (w[0] % 64) * 2**10 + (w[1] % 64) * 2**4 + w[2] // 4 % 16
    pairs = [(w[0] // 64, w[3] % 2**16), (w[1] // 64, w[3] // 2**16), (w[2] // 64, left_over)]
    return [value for a, b in pairs for value in normal_pair(a, b)]


# ---- the model ----


def receptor_exits(insulin, p):
    """The ways out of each state: state -> [(target, rate [1/s]), ...]."""
    return {
        "free": [
            ("bound", p.bind_first * insulin),
            ("internal free", p.internalise_free),
            ("unbound", p.phosphorylate_basal),
        ],
        "bound": [("free", p.unbind_first), ("once", p.phosphorylate)],
        "once": [
            ("free", p.dephosphorylate),
            ("twice", p.bind_second * insulin),
            ("internal once", p.internalise_active),
            ("tired", p.desensitise),
        ],
        "twice": [("once", p.unbind_second), ("internal twice", p.internalise_active), ("tired", p.desensitise)],
        "internal free": [("free", p.recycle_free)],
        "internal once": [("once", p.recycle_active), ("internal free", p.dephosphorylate_internal)],
        "internal twice": [("twice", p.recycle_active), ("internal free", p.dephosphorylate_internal)],
        "tired": [("free", p.resensitise)],
        "unbound": [("free", p.dephosphorylate), ("once", p.bind_first * insulin)],
    }


def vesicle_exits(rab10, as160, p):
    """Of AS160, the phosphorylated share lets other Rabs work, and the rest retains and takes up clusters."""
    return {
        "stored": [("mobile", p.release * rab10 + p.release_without_rab10 * as160)],
        "mobile": [("stored", p.recapture + p.retain * (1.0 - as160)), ("tethered", p.tether)],
        "tethered": [("mobile", p.untether), ("docked", p.dock)],
        "docked": [
            ("tethered", p.undock),
            ("tethered", p.fuse_transiently),
            ("fused", p.fuse * rab10 + p.fuse_without_rab10 * as160),
            ("clustered", p.fuse_clustered),
        ],
        "fused": [("endocytosed", p.endocytose), ("clustered", p.cluster)],
        "endocytosed": [("stored", p.sort), ("mobile", p.recycle)],
        "clustered": [
            ("fused", p.disperse + p.disperse_stimulated * as160),
            ("endocytosed", p.endocytose_clustered * (1.0 - as160)),
        ],
    }


def glucose_exits(counts, glut4, bath, p):
    """Carriers work both ways by Michaelis-Menten; hexokinase is inhibited by its product."""
    molecules = {state: counts[state] * p.supply / sum(counts.values()) for state in GLUCOSE_STATES}
    water = p.cytosol_volume * MOLECULES
    inside, product = molecules["inside"] / water, molecules["phosphorylated"] / water

    def cleared(concentration):  # [molecules/s/mM], also where there is nothing
        by_glut4 = glut4 * p.glut4_turnover / (p.glut4_half + concentration)
        return by_glut4 + p.glut1_copies * p.glut1_turnover / (p.glut1_half + concentration)

    hexokinase = p.hexokinase_rate / (p.hexokinase_half + inside) * p.g6p_inhibition / (p.g6p_inhibition + product)
    return {
        "outside": [("inside", cleared(bath) * bath / molecules["outside"] if molecules["outside"] else 0.0)],
        "inside": [("outside", cleared(inside) / water), ("phosphorylated", hexokinase)],
        "phosphorylated": [("used", p.use)],
        "used": [],
    }


def signalling_slope(y, active, liganded, p):
    """Time derivative [1/s, percent/s] of the 13 species, from receptors that are active, and those by insulin."""
    irs1, pi3k, pip3, pip2, pi34p2, t308, akt, as160, rab10, refractory, s473, mtorc1, mtorc2 = y
    free_irs1 = 1.0 - irs1 - p.pi3k_per_irs1 * pi3k - refractory
    bare_irs1 = irs1 / (1.0 + p.irs1_protect * mtorc1)  # whose phosphotyrosine S307 does not protect
    exhausted = p.irs1_exhaust * (irs1 - bare_irs1)
    bind = p.pi3k_bind * irs1 * (1.0 - pi3k)
    unbind = p.pi3k_unbind * pi3k
    # per PI3K bound, one IRS1p is taken up; amounts of IRS1 and PI3K are fractions of different totals
    d_irs1 = (
        p.irs1_phosphorylate * (active / p.receptor_reference) * free_irs1
        - p.irs1_dephosphorylate * bare_irs1
        + p.pi3k_per_irs1 * (unbind - bind)
        - exhausted
    )
    k9 = p.pip3_synthesis_basal + (p.pip3_synthesis_stimulated - p.pip3_synthesis_basal) * pi3k / p.pi3k_reference
    pip2_to_pip3, pip3_to_pip2 = k9 * pip2, p.pten * pip3
    pi34p2_to_pip3, pip3_to_pi34p2 = p.pi34p2_phosphorylate * pi34p2, p.ship * pip3
    above_basal = max(0.0, (pip3 - p.pip3_basal) / (p.pip3_reference - p.pip3_basal))
    pdk1, pdk1_at_reference = (x / (x + p.pdk1_half_pip3) for x in (pip3, p.pip3_reference))
    k_t308 = p.akt_phosphorylate_t308 * above_basal * pdk1 / pdk1_at_reference
    k_s473 = p.akt_phosphorylate_s473 * mtorc2
    mtorc2_called = p.mtorc2_basal + (1.0 - p.mtorc2_basal) * liganded / (liganded + p.mtorc2_half_receptors)
    none = 1.0 - t308 - akt - s473
    by_way_of_t308 = k_s473 * t308 - p.akt_dephosphorylate_s473 * akt  # net, to both sites
    by_way_of_s473 = k_t308 * s473 - p.akt_dephosphorylate_t308 * p.akt_s473_protects * akt
    return [
        d_irs1,
        bind - unbind,
        pip2_to_pip3 - pip3_to_pip2 + pi34p2_to_pip3 - pip3_to_pi34p2,
        pip3_to_pip2 - pip2_to_pip3,
        pip3_to_pi34p2 - pi34p2_to_pip3,
        k_t308 * none - p.akt_dephosphorylate_t308 * t308 - by_way_of_t308,
        by_way_of_t308 + by_way_of_s473,
        p.as160_phosphorylate * (akt + p.as160_by_s473 * s473) * (1.0 - as160) - p.as160_dephosphorylate * as160,
        p.rab10_load * (1.0 - rab10) - p.rab10_hydrolyse * (1.0 - as160) * rab10,
        exhausted + p.irs1_s307_basal * free_irs1 - p.irs1_recover * refractory,
        k_s473 * p.akt_s473_alone * none - p.akt_dephosphorylate_s473 * s473 - by_way_of_s473,
        p.mtorc1_activate * akt * (1.0 - mtorc1) - p.mtorc1_inactivate * mtorc1,
        p.mtorc2_follow * (mtorc2_called - mtorc2),
    ]


def signalling_parts(dt, p):
    """Into how many parts a step is divided: 1.3 lifetimes of what leaves its state fastest in each."""
    fastest = max(
        p.irs1_phosphorylate / p.receptor_reference + p.irs1_s307_basal,
        max(p.irs1_dephosphorylate, p.irs1_exhaust) + p.pi3k_bind,
        p.pi3k_unbind + p.pi3k_bind,
        p.pten + p.ship,
        max(p.pip3_synthesis_basal, p.pip3_synthesis_stimulated / p.pi3k_reference),
        p.pi34p2_phosphorylate,
        p.akt_phosphorylate_t308 * 100.0 / p.pip3_reference,
        p.akt_phosphorylate_s473 + p.akt_dephosphorylate_t308,
        p.akt_phosphorylate_s473 * p.akt_s473_alone,
        p.akt_dephosphorylate_s473 + p.akt_dephosphorylate_t308 * p.akt_s473_protects,
        max(p.as160_phosphorylate, p.as160_phosphorylate * p.as160_by_s473) + p.as160_dephosphorylate,
        p.rab10_load + p.rab10_hydrolyse,
        p.irs1_recover + p.irs1_s307_basal,
        p.mtorc1_activate + p.mtorc1_inactivate,
        p.mtorc2_follow,
    )
    return math.ceil(dt * fastest / 1.3)


def runge_kutta(y, active, liganded, p, h):
    """One classical fourth-order step."""

    def ahead(slope, by):
        return [a + by * b for a, b in zip(y, slope, strict=True)]

    k1 = signalling_slope(y, active, liganded, p)
    k2 = signalling_slope(ahead(k1, h / 2.0), active, liganded, p)
    k3 = signalling_slope(ahead(k2, h / 2.0), active, liganded, p)
    k4 = signalling_slope(ahead(k3, h), active, liganded, p)
    return ahead([(a + 2.0 * b + 2.0 * c + d) / 6.0 for a, b, c, d in zip(k1, k2, k3, k4, strict=True)], h)


def mean_over_step(schedule, start, dt):
    """Mean of a piecewise constant course over start .. start + dt."""
    ends = [*schedule.times[1:], math.inf]
    overlaps = [max(0.0, min(end, start + dt) - max(t, start)) for t, end in zip(schedule.times, ends, strict=True)]
    return sum(o * value for o, value in zip(overlaps, schedule.values, strict=True)) / sum(overlaps)


# ---- the agents ----


class Agent:
    """One agent: its state, what is left of its E, and how many random numbers it has used."""

    def __init__(self, index, state, stream, replicate, seed):
        self.index, self.state = index, state
        self.stream, self.replicate, self.seed = stream, replicate, seed
        self.draws = 0
        self.remaining, _ = self.draw()

    def draw(self):
        """The next E, and the uniform number that goes with it."""
        w = philox(self.index, self.draws, self.stream, self.replicate, self.seed)
        self.draws += 1
        return -math.log(uniform(w[0], w[1])), uniform(w[2], w[3])

    def fire(self, exits, step, dt, events):
        """Live through one step of constant rates; returns how often it fired."""
        fired = 0
        while True:
            ways = exits[self.state]
            total = sum(rate for _, rate in ways)
            if self.remaining >= total * dt:
                self.remaining -= total * dt
                return fired
            dt -= self.remaining / total
            self.remaining, u = self.draw()
            way = choose([rate for _, rate in ways], u * total)
            events[self.state, way] += 1
            fired += 1
            self.state = ways[way][0]


def choose(rates, point):
    """Number of the rate in whose stretch of their running sum the point lies."""
    for way, rate in enumerate(rates):
        point -= rate
        if point < 0.0:
            return way
    return way


def poisson(word):
    """How many candidates are in a bin with one on average, by inversion of 32 random bits."""
    n, probability = 0, math.exp(-1.0)
    below = probability
    while word >= math.floor(2**32 * below):
        n += 1
        probability /= n
        below += probability
    return n


def candidates(agent, state, band, base, first, last, replicate, seed):
    """All candidates (time, level) of an agent's band in the bins that the times first .. last lie in.

    `state` is the number of the state, and `base` the upper end of its lowest band.
    """
    low, high = (0.0, base) if band == 0 else (base * 2 ** (band - 1), base * 2**band)
    length = 1.0 / (high - low)
    stream = VESICLE_CLOCK + 2**8 * state + 2**16 * band
    for number in range(math.floor(first / length), math.floor(last / length) + 1):
        w = philox(agent, number, stream, replicate, seed)
        count, pairs = poisson(w[0]), [w[2:]]
        while len(pairs) < count:
            w = philox(agent, number, stream + 2**24 * (len(pairs) // 2 + 1), replicate, seed)
            pairs += [w[:2], w[2:]]
        for place, mark in pairs[:count]:
            yield (number + (place + 0.5) / 2**32) * length, low + (mark + 0.5) / 2**32 * (high - low)


class Vesicle:
    """An agent with a place, which looks at all its candidates."""

    def __init__(self, index, state, position, glut4, replicate, seed, p, dt):
        self.index, self.state = index, state
        self.replicate, self.seed = replicate, seed
        self.position, self.glut4 = [f32(x) for x in position], glut4
        self.radius = None  # [um], known once it has moved
        self.capture = f32(p.cell_radius - p.capture_distance)
        speed = {
            "stored": (p.diffusion_stored, 0.0),
            "mobile": (p.diffusion_mobile, p.drift_mobile),
            "fused": (p.diffusion_fused, 0.0),
            "endocytosed": (p.diffusion_endocytosed, -p.drift_endocytosed),
        }
        self.spread = {state: f32(math.sqrt(2.0 * d * dt)) for state, (d, _) in speed.items()}
        self.drift = {state: f32(v * dt) for state, (_, v) in speed.items()}
        cytosol, membrane = (f32(p.inner_radius), f32(p.cell_radius)), (f32(p.cell_radius), f32(p.cell_radius))
        at_edge = ("docked", "fused", "clustered")
        self.room = {state: membrane if state in at_edge else cytosol for state in VESICLE_STATES}

    def moves(self):
        return self.state == "mobile" or bool(self.spread.get(self.state) or self.drift.get(self.state))

    def move(self, step):
        """Drift along the radius, spread by three normals, reflect at the walls.

        The path of the step comes as near to a wall as its end along the radius and the normals across it say.

        An even step and the odd one after it have the six normals of one counter between them.
        """
        w = philox(self.index, step // 2, VESICLE_MOTION, self.replicate, self.seed)
        three = normals(w)[3:] if step % 2 else normals(w)[:3]
        low, high = self.room[self.state]
        spread, drift = self.spread[self.state], self.drift[self.state]
        before = norm(self.position)
        along = f32(0.0)
        for x, n in zip(self.position, three, strict=True):
            along = fma(x, n, along)
        along = along / before
        across = max(fma(three[0], three[0], fma(three[1], three[1], three[2] * three[2])) - along * along, f32(0.0))
        pull = max(f32(1.0) + drift / before, f32(0.0))
        self.position = [fma(spread, n, x * pull) for x, n in zip(self.position, three, strict=True)]
        r = norm(self.position)
        w = r - before
        reach = np.sqrt(fma(spread * spread, across, w * w))
        r = min(r, high - f32(0.5) * (reach - w))
        r = max(r, low + f32(0.5) * (reach + w))
        self.put_at(min(max(r, low), high))

    def put_at(self, radius):
        scale = radius / norm(self.position)
        self.position = [x * scale for x in self.position]
        self.radius = radius

    def next_way(self, ways, after, step, dt):
        """The first candidate of a step after a time that is an event: its time and way; None if there is none."""
        rates = [rate for _, rate in ways]
        base, number = LOWEST_BAND[self.state], VESICLE_STATES.index(self.state)
        bands = 0 if sum(rates) == 0.0 else 1 + max(0, math.ceil(math.log2(sum(rates) / base)))
        found = []
        for band in range(bands):
            start, end = max(step - 1, 0) * dt, (step + 2) * dt
            for time, level in candidates(self.index, number, band, base, start, end, self.replicate, self.seed):
                if int(time / dt) == step and time > after and level < sum(rates):
                    way = choose(rates, level)
                    if ways[way][0] != "tethered" or self.state != "mobile" or self.radius > self.capture:
                        found.append((time, way))
        return min(found, default=None)

    def fire(self, exits, step, dt, events):
        """Live through one step of constant rates; returns how often it fired."""
        fired, now = 0, -1.0
        while (event := self.next_way(exits[self.state], now, step, dt)) is not None:
            now, way = event
            events[self.state, way] += 1
            fired += 1
            self.enter(exits[self.state][way][0])
        return fired

    def enter(self, state):
        self.state = state
        low, high = self.room[state]
        r = norm(self.position)
        self.radius = min(max(r, low), high)
        if abs(r - self.radius) > f32(1e-6) * self.radius:
            self.put_at(self.radius)


def norm(position):
    x, y, z = position
    return max(np.sqrt(fma(x, x, fma(y, y, z * z))), f32(1e-6))


# ---- the cell ----


class Twin:
    """The cell of an Engine at time 0, advanced one step at a time.

    Taken over from the engine: parameters, schedules, and who starts in which state and place. Clocks are armed anew.
    """

    def __init__(self, engine, seed, replicate=0):
        self.p, self.bath, self.dt = engine.parameters, engine.scenario.bath, engine.dt
        self.steps = 0
        self.signals = engine.signals.tolist()
        self.reference = engine.scenario.cell.receptors
        self.receptors = [
            Agent(i, RECEPTOR_STATES[s], RECEPTOR_CLOCK, replicate, seed)
            for i, s in enumerate(engine.receptors.state.tolist())
        ]
        v = engine.vesicles
        self.vesicles = [
            Vesicle(i, VESICLE_STATES[s], place, copies, replicate, seed, self.p.vesicle, self.dt)
            for i, (s, *place, copies) in enumerate(zip(v.state.tolist(), v.x, v.y, v.z, v.glut4.tolist(), strict=True))
        ]
        self.glucose = [
            Agent(i, GLUCOSE_STATES[s], GLUCOSE_CLOCK, replicate, seed)
            for i, s in enumerate(engine.glucose.state.tolist())
        ]
        self.events = {"receptors": Counter(), "vesicles": Counter(), "glucose": Counter()}
        self.most_in_a_step = Counter()

    def step(self):
        start = self.steps * self.dt
        insulin = mean_over_step(self.bath.insulin, start, self.dt)
        self._fire("receptors", receptor_exits(insulin, self.p.receptor))
        liganded = sum(agent.state in ("once", "twice") for agent in self.receptors) / self.reference
        active = liganded + sum(agent.state == "unbound" for agent in self.receptors) / self.reference
        parts = signalling_parts(self.dt, self.p.signalling)
        for _ in range(parts):
            self.signals = runge_kutta(self.signals, active, liganded, self.p.signalling, self.dt / parts)
        as160, rab10 = self.signals[7:9]
        for one in self.vesicles:
            if one.moves():
                one.move(self.steps)
        self._fire("vesicles", vesicle_exits(rab10, as160, self.p.vesicle))
        sugar = mean_over_step(self.bath.glucose, start, self.dt)
        self._fire("glucose", glucose_exits(self.counts("glucose"), self.glut4_surface(), sugar, self.p.glucose))
        self.steps += 1

    def _fire(self, kind, exits):
        for agent in getattr(self, kind):
            fired = agent.fire(exits, self.steps, self.dt, self.events[kind])
            self.most_in_a_step[kind] = max(self.most_in_a_step[kind], fired)

    def counts(self, kind):
        states = {"receptors": RECEPTOR_STATES, "vesicles": VESICLE_STATES, "glucose": GLUCOSE_STATES}[kind]
        found = Counter(agent.state for agent in getattr(self, kind))
        return {state: found[state] for state in states}

    def glut4_surface(self):
        return sum(one.glut4 for one in self.vesicles if one.state in ("fused", "clustered"))


# ---- the mean flow of vesicles ----


def vesicle_flow(space, rates, amounts):
    """Change of amounts by state and bin (.., n_state, n_bin) per second, with motion; and traffic by transition."""
    change = np.einsum("sab,...sb->...sa", space.transport, amounts)
    traffic = np.empty((*amounts.shape[:-2], len(VESICLE_TRANSITIONS)))
    for j, ((source, target), rate) in enumerate(zip(VESICLE_TRANSITIONS, rates, strict=True)):
        moved = rate * amounts[..., source, :]
        if j == TETHERING:
            moved = moved * space.near
        traffic[..., j] = moved.sum(axis=-1)
        change[..., source, :] -= moved
        if space.at_edge[target]:
            change[..., target, -1] += traffic[..., j]
        else:
            change[..., target, :] += moved
    return change, traffic
