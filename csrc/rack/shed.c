#include "shed.h"

#include "atomic.h"

/* Walks through all units of all chains. */
#define EACH(u, heard)                                        \
    for (rig_chain *const *c_ = (heard)->chains; c_ < (heard)->chains + (heard)->n; ++c_) \
        for (rig_unit *u = (*c_)->units; u < (*c_)->units + (*c_)->n_units; ++u)

static float cost_of(const rig_unit *unit) { return rig_cost_usual(&unit->times); }

/* Whether one goes before another: nobody hears one that is off. */
static int rather(const rig_unit *unit, const rig_unit *other)
{
    if (!other || !unit->wet != !other->wet) return !other || !unit->wet;
    return cost_of(unit) > cost_of(other);
}

float rig_shed(const rig_heard *heard, float takes, float most, float worth)
{
    while (takes > most) {
        rig_unit *next = NULL;
        EACH(u, heard)
            if (!rig_get(&u->shed) && !rig_get(&u->ended) && cost_of(u) > worth && rather(u, next)) next = u;
        if (!next) break;
        takes -= cost_of(next);
        rig_unit_shed(next);
    }
    return takes;
}

rig_unit *rig_shed_costliest(const rig_heard *heard, uint32_t state, float most)
{
    rig_unit *found = NULL;
    EACH(u, heard)
        if (rig_get(&u->shed) == state && cost_of(u) <= most && (!found || cost_of(u) > cost_of(found))) found = u;
    return found;
}

rig_unit *rig_shed_cheapest(const rig_heard *heard)
{
    rig_unit *found = NULL;
    EACH(u, heard)
        if (rig_get(&u->shed) == RIG_SHED && (!found || cost_of(u) < cost_of(found))) found = u;
    return found;
}

float rig_shed_cost(const rig_heard *heard)
{
    float cost = 0.0f;
    EACH(u, heard) cost += rig_get(&u->shed) == RIG_SHED ? cost_of(u) : 0.0f;
    return cost;
}

void rig_shed_to_fit(rig_chain *chain, float most, float room, float worth)
{
    const rig_heard alone = {1, {chain}};
    float takes = 0.0f;
    EACH(u, &alone) takes += rig_get(&u->shed) ? 0.0f : cost_of(u);
    if (takes <= most) return;
    const float gone = takes - rig_shed(&alone, takes, room, worth), left = rig_cost_usual(&chain->cost) - gone;
    rig_chain_settle(chain);
    chain->cost.count = 0;
    chain->cost.guess = left > 0.0f ? left : 0.0f;
}
