#include "overload.h"

#include "atomic.h"

/* In fades of 10 ms. */
#define LOOK 4        /* between two looks; of longer periods so many that there are TIMES_LEAST of them */
#define SOON 10       /* room is waited for when something else plays */
#define WAIT 100      /* the same after an overload */
#define LONGEST 6000  /* and at most */
#define FORGET 6000   /* after so long without an overload it is as if there had never been one */

#define TIMES_LEAST 5
#define TRIED 0.90f   /* of the period: what a piece that is tried may take it to */
#define PIECE_LEAST 4 /* frames: less of an engine tells nothing of it */
#define DARING 800    /* in fades: after so long the least of an engine is tried, also where that took more than there is time for */

void rig_overload_init(rig_overload *o) { o->wait = WAIT; }

void rig_overload_fresh(rig_overload *o) { o->wait = SOON; }

static rig_heard heard_now(const rig_slot_bank *banks)
{
    rig_heard heard = {0};
    for (uint32_t i = 0; i < RIG_STAGES; ++i) {
        if (banks[i].fading != RIG_GAP && banks[i].fading != RIG_IN) heard.chains[heard.n++] = banks[i].now;
        if (banks[i].fading == RIG_OVER || banks[i].fading == RIG_IN) heard.chains[heard.n++] = banks[i].next;
    }
    return heard;
}

static int is_ringing(const rig_slot_bank *banks)
{
    int any = 0;
    for (uint32_t i = 0; i < RIG_STAGES; ++i)
        for (uint32_t k = 0; k < RIG_RINGS; ++k) any |= banks[i].rings[k].chain != NULL;
    return any;
}

static void wait_longer(rig_overload *o)
{
    o->wait = 2 * o->wait < LONGEST ? 2 * o->wait : LONGEST;
    o->relaxed = 0;
}

/* It does not fit: the next step in which there is something to do. */
static void tighten(rig_overload *o, const rig_slot_bank *banks, const rig_heard *heard, float own, float whole, int settled)
{
    rig_unit *warming = rig_shed_costliest(heard, RIG_WARMING, INFINITY);
    o->roomy = 0;
    if (o->relaxed) wait_longer(o);
    if (warming) {
        rig_unit_shed(warming);
    } else if (o->step < RIG_RELIEF_TAILS && is_ringing(banks)) {
        rig_put(&o->step, RIG_RELIEF_TAILS);
    } else if (o->step < RIG_RELIEF_SWITCHES && !settled) {
        rig_put(&o->step, RIG_RELIEF_SWITCHES);
    } else if (own > RIG_FULL * whole) {
        rig_put(&o->step, RIG_RELIEF_ENGINES);
        rig_shed(heard, own, RIG_ROOM * whole, RIG_WORTH * whole);
    }
}

/* An engine that fits comes back. Where none does by what they took, it is tried what the cheapest takes by now. */
static void bring_back(rig_overload *o, const rig_heard *heard, float own, const rig_budget *budget)
{
    const float all = RIG_RETURN * budget->whole - own, most = rig_shed_cost(heard) <= all ? all : RIG_PARTLY * budget->whole - own;
    rig_unit *unit = rig_shed_costliest(heard, RIG_SHED, most);
    const int tried = o->tried;
    o->tried = 0;
    if (unit) {
        rig_unit_warm(unit);
        o->relaxed = 1;
        return;
    }
    unit = rig_shed_cheapest(heard);
    const float left = (TRIED * budget->whole - own) * (float)budget->frames, room = left / rig_cost_usual(&unit->times) - RIG_PIECE_MORE;
    const uint32_t piece = room < PIECE_LEAST ? PIECE_LEAST : room < RIG_PIECE ? (uint32_t)room : RIG_PIECE;
    if (tried || (room < PIECE_LEAST && o->wait < DARING)) {
        wait_longer(o);
        return;
    }
    rig_unit_try(unit, piece);
    o->tried = 1;
}

/* It fits: what can come back does, the last step first. */
static void relax(rig_overload *o, const rig_heard *heard, float own, uint32_t passed, uint32_t fade, const rig_budget *budget)
{
    rig_unit *warming = rig_shed_costliest(heard, RIG_WARMING, INFINITY);
    const int shed = rig_shed_cheapest(heard) != NULL;
    if (warming) {
        if (!rig_unit_is_warm(warming)) return;
        rig_unit_keep(warming);
        o->roomy = o->wait * fade; /* there may be room for the next one, too */
        return;
    }
    if (shed && o->step < RIG_RELIEF_ENGINES) rig_put(&o->step, RIG_RELIEF_ENGINES); /* before it was heard */
    o->roomy += passed;
    if (o->step == RIG_RELIEF_NONE) {
        if (o->roomy >= FORGET * fade) o->wait = WAIT, o->roomy = 0;
        return;
    }
    if (o->roomy < (shed || o->wait < WAIT ? o->wait : WAIT) * fade && !o->tried) return;
    o->roomy = 0;
    if (shed) {
        bring_back(o, heard, own, budget);
        return;
    }
    o->relaxed = 1;
    rig_put(&o->step, o->step - 1);
}

void rig_overload_look(rig_overload *o, rig_slot_bank *banks, const rig_budget *budget, uint64_t ns, uint32_t fade, int settled)
{
    rig_cost_add(&o->took, ns, budget->frames);
    rig_cost_add(&o->own, ns - budget->caught_up, budget->frames);
    o->since += budget->frames;
    if (o->since < LOOK * fade || o->took.count < TIMES_LEAST) return;
    const float took = rig_cost_median(&o->took), own = rig_cost_median(&o->own);
    const rig_heard heard = heard_now(banks);
    const uint32_t passed = o->since;
    o->took.count = o->own.count = o->since = 0;
    if (rig_get(&o->off)) return;
    if (took > RIG_FULL * budget->whole) tighten(o, banks, &heard, own, budget->whole, settled);
    else relax(o, &heard, own, passed, fade, budget);
}
