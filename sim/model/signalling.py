"""Signalling from the counted receptors to Rab10: a well-mixed ODE, integrated inside the compiled step loop.

IRS1, PI3K and the phosphoinositides follow Sedaghat, Sherman, Quon, Am J Physiol Endocrinol Metab 283:E1084 (2002),
with amounts as fractions of their totals. Sedaghat's k9 carries a sign error in the print; this is the CellML form,
which gives the published curves. Her PKC-zeta obeys the same equation as Akt with the same constants, so it adds no
state: its share of the effect on GLUT4 is carried here by Akt -> AS160 -> Rab10, which she does not have:

    Akt --PIP3, PDK1--> pT308 --mTORC2--> pT308 pS473 (active);   active Akt phosphorylates AS160;
    unphosphorylated AS160 is the GAP that turns Rab10-GTP off.

PDK1 at the membrane is in fast equilibrium with PIP3; only PIP3 above its level without receptors recruits Akt, as in
Sedaghat. Receptors that are active at rest raise it, so Akt is not silent there.

Three steps are those of human adipocytes (Brannmark, Nyman, Fagerholm, Bergenholm, Ekstrand, Cedersund, Stralfors,
J Biol Chem 288:9867 (2013)), and do nothing where their parameters are neutral:

mTORC1, activated by active Akt, phosphorylates IRS1 on S307 (312 of the human protein). While IRS1 has its
phosphotyrosine this protects it: a positive feedback, which type 2 diabetes attenuates. mTORC1 and the phosphatase are
fast, so that a share  protect mTORC1 / (1 + protect mTORC1)  of phosphorylated IRS1 is protected. Protected IRS1 may
lose its phosphotyrosine alone, and is then refractory until it has lost S307 too. Another kinase phosphorylates S307 of
IRS1 without phosphotyrosine, insulin or not: their model's way to S307 at rest, which leaves mTORC1 to insulin.

The two sites of Akt are each their own: mTORC2 can phosphorylate S473 of Akt that lacks T308, and S473 slows the loss
of T308. So Akt has four forms: none, T308, S473, both. Of AS160's kinase S473 alone has a share, as in their model.

mTORC2 follows receptors that insulin has activated, within a minute, and saturates: S473 is as high in type 2 diabetes
as in normal cells, while IRS1 and T308 are a third. How receptors reach it is not known.
"""

from typing import Annotated, NamedTuple

import numpy as np

from glut4sim.agents.compiling import njit

SPECIES = (
    "irs1_phosphorylated",  # fraction of IRS1 (tyrosine), not bound to PI3K
    "pi3k_bound",  # fraction of PI3K, bound to IRS1
    "pip3",  # PI(3,4,5)P3, percent of lipid
    "pip2",  # PI(4,5)P2, percent of lipid
    "pi34p2",  # PI(3,4)P2, percent of lipid
    "akt_t308",  # fraction of Akt, phosphorylated on T308 only
    "akt_active",  # fraction of Akt, phosphorylated on T308 and S473
    "as160_phosphorylated",  # fraction of AS160
    "rab10_active",  # fraction of Rab10 in its GTP form
    "irs1_refractory",  # fraction of IRS1, phosphorylated on S307 and not on tyrosine
    "akt_s473",  # fraction of Akt, phosphorylated on S473 only
    "mtorc1_active",  # fraction of mTORC1
    "mtorc2_active",  # share of its largest activity
)
DRIVERS = ("receptors_active", "receptors_liganded")  # what it reads of receptors


class Parameters(NamedTuple):
    receptor_reference: Annotated[float, "1"]  # active fraction of receptors at which k7 holds
    irs1_phosphorylate: Annotated[float, "1/s"]  # k7
    irs1_dephosphorylate: Annotated[float, "1/s"]  # k-7 [PTP]
    pi3k_bind: Annotated[float, "1/s"]  # k8 x total IRS1
    pi3k_unbind: Annotated[float, "1/s"]  # k-8
    pi3k_per_irs1: Annotated[float, "1"]  # total PI3K over total IRS1
    pi3k_reference: Annotated[float, "1"]  # bound fraction of PI3K at which PIP2 is phosphorylated at full rate
    pip3_synthesis_basal: Annotated[float, "1/s"]  # k9 basal
    pip3_synthesis_stimulated: Annotated[float, "1/s"]  # k9 stimulated
    pten: Annotated[float, "1/s"]  # k-9 [PTEN]
    pi34p2_phosphorylate: Annotated[float, "1/s"]  # k10
    ship: Annotated[float, "1/s"]  # k-10 [SHIP]
    pip3_basal: Annotated[float, "percent"]
    pip3_reference: Annotated[float, "percent"]  # at maximal insulin
    pdk1_half_pip3: Annotated[float, "percent"]  # PIP3 at which half of PDK1 is at the membrane
    akt_phosphorylate_t308: Annotated[float, "1/s"]  # by PDK1, at the reference PIP3
    akt_dephosphorylate_t308: Annotated[float, "1/s"]  # PP2A
    akt_phosphorylate_s473: Annotated[float, "1/s"]  # mTORC2
    akt_dephosphorylate_s473: Annotated[float, "1/s"]  # PHLPP
    as160_phosphorylate: Annotated[float, "1/s"]  # per fraction of active Akt
    as160_dephosphorylate: Annotated[float, "1/s"]
    rab10_load: Annotated[float, "1/s"]  # GEF
    rab10_hydrolyse: Annotated[float, "1/s"]  # GAP, by all of AS160 unphosphorylated
    irs1_protect: Annotated[float, "1"]  # protected over unprotected IRS1, were all mTORC1 active
    irs1_exhaust: Annotated[float, "1/s"]  # protected IRS1 loses its phosphotyrosine and is refractory
    irs1_recover: Annotated[float, "1/s"]  # refractory IRS1 loses S307
    irs1_s307_basal: Annotated[float, "1/s"]  # IRS1 without phosphotyrosine gets S307, not by mTORC1
    mtorc1_activate: Annotated[float, "1/s"]  # per fraction of active Akt
    mtorc1_inactivate: Annotated[float, "1/s"]
    mtorc2_basal: Annotated[float, "1"]  # activity of mTORC2 without insulin, as a share of its largest
    mtorc2_half_receptors: Annotated[float, "1"]  # receptors with insulin that make half of the rest
    mtorc2_follow: Annotated[float, "1/s"]  # how fast it gets there
    akt_s473_alone: Annotated[float, "1"]  # rate of S473 on Akt without T308 over that with it
    akt_s473_protects: Annotated[float, "1"]  # loss of T308 with S473 over that without
    as160_by_s473: Annotated[float, "1"]  # what Akt with S473 alone does to AS160 over what it does with both


@njit(cache=True)
def derivative(y, receptors_active, receptors_liganded, p, out):
    """Time derivative of the species [1/s, percent/s], at given shares of receptors."""
    irs1, pi3k, pip3, pip2, pi34p2, akt_t308, akt_active, as160, rab10, refractory, akt_s473, mtorc1, mtorc2 = y
    protected = p.irs1_protect * mtorc1 / (1.0 + p.irs1_protect * mtorc1)
    exhaustion = p.irs1_exhaust * protected * irs1
    binding = p.pi3k_bind * irs1 * (1.0 - pi3k) - p.pi3k_unbind * pi3k
    bare = 1.0 - irs1 - p.pi3k_per_irs1 * pi3k - refractory
    out[0] = (
        p.irs1_phosphorylate * bare * receptors_active / p.receptor_reference
        - p.irs1_dephosphorylate * (1.0 - protected) * irs1
        - p.pi3k_per_irs1 * binding
        - exhaustion
    )
    out[1] = binding
    stimulation = pi3k / p.pi3k_reference
    synthesis = p.pip3_synthesis_basal + (p.pip3_synthesis_stimulated - p.pip3_synthesis_basal) * stimulation
    from_pip2 = synthesis * pip2 - p.pten * pip3
    from_pi34p2 = p.pi34p2_phosphorylate * pi34p2 - p.ship * pip3
    out[2] = from_pip2 + from_pi34p2
    out[3] = -from_pip2
    out[4] = -from_pi34p2
    recruited = max(pip3 - p.pip3_basal, 0.0) / (p.pip3_reference - p.pip3_basal)
    pdk1 = (pip3 / (p.pdk1_half_pip3 + pip3)) * (p.pdk1_half_pip3 + p.pip3_reference) / p.pip3_reference
    to_t308, to_s473 = p.akt_phosphorylate_t308 * recruited * pdk1, p.akt_phosphorylate_s473 * mtorc2
    from_none = 1.0 - akt_t308 - akt_active - akt_s473
    t308 = to_t308 * from_none
    t308 -= p.akt_dephosphorylate_t308 * akt_t308
    s473 = to_s473 * akt_t308 - p.akt_dephosphorylate_s473 * akt_active
    second = to_t308 * akt_s473 - p.akt_s473_protects * p.akt_dephosphorylate_t308 * akt_active
    out[5] = t308 - s473
    out[6] = s473 + second
    kinase = akt_active + p.as160_by_s473 * akt_s473
    out[7] = p.as160_phosphorylate * kinase * (1.0 - as160) - p.as160_dephosphorylate * as160
    out[8] = p.rab10_load * (1.0 - rab10) - p.rab10_hydrolyse * (1.0 - as160) * rab10
    out[9] = exhaustion + p.irs1_s307_basal * bare - p.irs1_recover * refractory
    out[10] = p.akt_s473_alone * to_s473 * from_none - p.akt_dephosphorylate_s473 * akt_s473 - second
    out[11] = p.mtorc1_activate * akt_active * (1.0 - mtorc1) - p.mtorc1_inactivate * mtorc1
    by_insulin = receptors_liganded / (p.mtorc2_half_receptors + receptors_liganded)
    out[12] = p.mtorc2_follow * (p.mtorc2_basal + (1.0 - p.mtorc2_basal) * by_insulin - mtorc2)


@njit(cache=True)
def jacobian(y, receptors_active, receptors_liganded, p, out):
    """Derivatives of `derivative`: row i, column j of `out` (n_species, n_species + n_driver), modified, is that of
    species i by species j, and the last columns those by DRIVERS. Where PIP3 is just basal, as below."""
    irs1, pi3k, pip3, pip2, _, akt_t308, akt_active, as160, rab10, refractory, akt_s473, mtorc1, mtorc2 = y
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            out[i, j] = 0.0
    protected = p.irs1_protect * mtorc1 / (1.0 + p.irs1_protect * mtorc1)
    protects = p.irs1_protect / (1.0 + p.irs1_protect * mtorc1) ** 2
    phosphorylation = p.irs1_phosphorylate / p.receptor_reference
    binding_by_irs1 = p.pi3k_bind * (1.0 - pi3k)
    binding_by_pi3k = -p.pi3k_bind * irs1 - p.pi3k_unbind
    out[0, 0] = (
        -phosphorylation * receptors_active
        - p.irs1_dephosphorylate * (1.0 - protected)
        - p.irs1_exhaust * protected
        - p.pi3k_per_irs1 * binding_by_irs1
    )
    out[0, 1] = -p.pi3k_per_irs1 * (phosphorylation * receptors_active + binding_by_pi3k)
    out[0, 9] = -phosphorylation * receptors_active
    out[0, 11] = (p.irs1_dephosphorylate - p.irs1_exhaust) * protects * irs1
    out[0, 13] = phosphorylation * (1.0 - irs1 - p.pi3k_per_irs1 * pi3k - refractory)
    out[1, 0], out[1, 1] = binding_by_irs1, binding_by_pi3k
    more = (p.pip3_synthesis_stimulated - p.pip3_synthesis_basal) / p.pi3k_reference
    synthesis = p.pip3_synthesis_basal + more * pi3k
    out[2, 1], out[2, 2], out[2, 3], out[2, 4] = more * pip2, -p.pten - p.ship, synthesis, p.pi34p2_phosphorylate
    out[3, 1], out[3, 2], out[3, 3] = -more * pip2, p.pten, -synthesis
    out[4, 2], out[4, 4] = p.ship, -p.pi34p2_phosphorylate
    span = p.pip3_reference - p.pip3_basal
    scale = (p.pdk1_half_pip3 + p.pip3_reference) / p.pip3_reference
    recruited = max(pip3 - p.pip3_basal, 0.0) / span
    pdk1 = pip3 / (p.pdk1_half_pip3 + pip3) * scale
    from_none = 1.0 - akt_t308 - akt_active - akt_s473
    if pip3 > p.pip3_basal:
        slope = pdk1 / span + recruited * scale * p.pdk1_half_pip3 / (p.pdk1_half_pip3 + pip3) ** 2
        out[5, 2] = p.akt_phosphorylate_t308 * slope * from_none
        out[6, 2] = p.akt_phosphorylate_t308 * slope * akt_s473
        out[10, 2] = -out[6, 2]
    t308 = p.akt_phosphorylate_t308 * recruited * pdk1
    s473 = p.akt_phosphorylate_s473 * mtorc2
    protected_loss, alone = p.akt_s473_protects * p.akt_dephosphorylate_t308, p.akt_s473_alone * s473
    out[5, 5] = -t308 - p.akt_dephosphorylate_t308 - s473
    out[5, 6] = -t308 + p.akt_dephosphorylate_s473
    out[5, 10] = -t308
    out[6, 5], out[6, 6], out[6, 10] = s473, -p.akt_dephosphorylate_s473 - protected_loss, t308
    out[10, 5], out[10, 6] = -alone, -alone + protected_loss
    out[10, 10] = -alone - p.akt_dephosphorylate_s473 - t308
    out[5, 12], out[6, 12] = -p.akt_phosphorylate_s473 * akt_t308, p.akt_phosphorylate_s473 * akt_t308
    out[10, 12] = p.akt_phosphorylate_s473 * p.akt_s473_alone * from_none
    around = p.mtorc2_half_receptors + receptors_liganded
    out[12, 12] = -p.mtorc2_follow
    out[12, 14] = p.mtorc2_follow * (1.0 - p.mtorc2_basal) * p.mtorc2_half_receptors / around**2
    out[7, 6] = p.as160_phosphorylate * (1.0 - as160)
    out[7, 7] = -p.as160_phosphorylate * (akt_active + p.as160_by_s473 * akt_s473) - p.as160_dephosphorylate
    out[7, 10] = p.as160_by_s473 * out[7, 6]
    out[8, 7], out[8, 8] = p.rab10_hydrolyse * rab10, -p.rab10_load - p.rab10_hydrolyse * (1.0 - as160)
    out[9, 0] = p.irs1_exhaust * protected - p.irs1_s307_basal
    out[9, 1] -= p.irs1_s307_basal * p.pi3k_per_irs1
    out[9, 9] = -p.irs1_recover - p.irs1_s307_basal
    out[9, 11] = p.irs1_exhaust * protects * irs1
    out[11, 6] = p.mtorc1_activate * (1.0 - mtorc1)
    out[11, 11] = -p.mtorc1_activate * akt_active - p.mtorc1_inactivate


@njit(cache=True, nogil=True)
def advance(y, receptors_active, receptors_liganded, p, dt, out):
    """Integrate through K steps, the shares of receptors held in each, by the classical fourth-order Runge-Kutta rule.

    A step is divided so that a part is at most 1.3 lifetimes of what leaves its state fastest: no decay of the system
    is more than twice as fast (Gershgorin), and the rule is stable up to 2.78.

    Parameters
    ----------
    y : (n_species,) float64, modified
        in the order of SPECIES
    receptors_active, receptors_liganded : (K,) float64
        of the receptors of the reference cell
    dt : float
        step [s]
    out : (K, n_species) float64, modified
        the species at the end of each step
    """
    fastest = max(
        p.irs1_phosphorylate / p.receptor_reference + p.irs1_s307_basal,
        max(p.irs1_dephosphorylate, p.irs1_exhaust) + p.pi3k_bind,
        p.pi3k_unbind + p.pi3k_bind,
        p.pten + p.ship,
        p.pip3_synthesis_basal,
        p.pip3_synthesis_stimulated / p.pi3k_reference,
        p.pi34p2_phosphorylate,
        p.akt_phosphorylate_t308 * 100.0 / p.pip3_reference,  # were all lipid PIP3
        p.akt_phosphorylate_s473 + p.akt_dephosphorylate_t308,
        p.akt_s473_alone * p.akt_phosphorylate_s473,
        p.akt_dephosphorylate_s473 + p.akt_s473_protects * p.akt_dephosphorylate_t308,
        p.as160_phosphorylate * max(1.0, p.as160_by_s473) + p.as160_dephosphorylate,
        p.rab10_load + p.rab10_hydrolyse,
        p.irs1_recover + p.irs1_s307_basal,
        p.mtorc1_activate + p.mtorc1_inactivate,
        p.mtorc2_follow,
    )
    parts = int(np.ceil(dt * fastest / 1.3))
    h = dt / parts
    k1, k2, k3, k4, ahead = np.empty(len(y)), np.empty(len(y)), np.empty(len(y)), np.empty(len(y)), np.empty(len(y))
    for k in range(len(receptors_active)):
        active, liganded = receptors_active[k], receptors_liganded[k]
        for _ in range(parts):
            derivative(y, active, liganded, p, k1)
            for i in range(len(y)):
                ahead[i] = y[i] + 0.5 * h * k1[i]
            derivative(ahead, active, liganded, p, k2)
            for i in range(len(y)):
                ahead[i] = y[i] + 0.5 * h * k2[i]
            derivative(ahead, active, liganded, p, k3)
            for i in range(len(y)):
                ahead[i] = y[i] + h * k3[i]
            derivative(ahead, active, liganded, p, k4)
            for i in range(len(y)):
                y[i] += h / 6.0 * (k1[i] + 2.0 * k2[i] + 2.0 * k3[i] + k4[i])
        for i in range(len(y)):
            out[k, i] = y[i]
