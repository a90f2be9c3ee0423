/* Evidence files that belong to nothing: looked for at start and once a day, in a thread of its own. */
#pragma once

#include <stdbool.h>

#include "copies.h"

/* In the folder of an evidence_store: an upload of yesterday that never ended goes. A file older than a day whose
 * digest the progress service does not know is set aside in aside/, put back when the service knows it after all, and
 * deleted after 30 days; one it knows is offered to the other gateways. Each gateway sweeps its own folder only. False
 * when the system has no thread left. */
bool sweep_start(rpc_client *client, int folder, const copies *others);

/* What one round did. */
typedef struct sweep_counts {
    int unfinished;
    int set_aside;
    int put_back;
    int deleted;
} sweep_counts;

/* One round in the calling thread; false when the service could not be asked, then no file that is complete was
 * touched, or when another gateway did not take a file. */
bool sweep_once(rpc_client *client, int folder, const copies *others, sweep_counts *ret_counts);
