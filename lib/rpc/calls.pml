/* Calls over one connection, for spin: opened, answered, given up, lost, and turned away by a server that leaves.
 * tests/unit/test_model.py looks at every order in which these may happen, and that each DEFECT below is found.
 *
 * One place for calls under way, so that every call takes over the place of the one before (flight.c). A handler that
 * lingers ends when its call was given up, or when the caller is gone, as a deadline would have it. */

#ifndef DEFECT
#define DEFECT 0
#endif
#define FORGETS_IN_QUEUE 1 /* a call that was given up in the queue is begun all the same */
#define ENDS_BY_PLACE 2    /* the client takes any END for the call it waits for */
#define LEAVES_EARLY 3     /* the server ends while calls are at work */
#define TURNS_AWAY_LATE 4  /* a server that is to stop says NOT_PROCESSED about a call it had accepted */
#define ANSWERS_TWICE 5    /* a call that is given up is answered at once, and by its worker */
#define NEVER_CLOSES 6     /* a client that was told to go stays */

#define CALLS 3
#define ROOM 8 /* of a direction; more than there can be frames on their way */

mtype = { OPEN, CANCEL, END, TURNED_AWAY, GOAWAY, CLOSED };
mtype = { NEW, QUEUED, AT_WORK, DONE, ANSWERED };

chan up = [ROOM] of { mtype, byte };
chan down = [ROOM] of { mtype, byte };

byte over[CALLS + 1];       /* how often the client ended the call */
byte answers[CALLS + 1];    /* how often the server did */
mtype job[CALLS + 1] = NEW; /* at the server */
bool given_up[CALLS + 1];   /* the flag in the job */
bool begun[CALLS + 1];
bool is_told;      /* the client has seen GOAWAY */
bool is_gone;      /* the server has seen the end of the connection */
bool has_ended;    /* the server */

inline send(channel, kind, id) {
    assert(nfull(channel));
    channel!kind(id)
}

inline end_call(id) {
    over[id]++;
    assert(over[id] == 1)
}

/* Of the frames on their way some arrive, and none behind the first that does not. */
inline lose_the_end_of(channel) {
    left = len(channel);
    do
    :: left > 0 && arrives -> channel?kind(id); channel!kind(id); left--
    :: left > 0 -> arrives = false; channel?_(id); left--
    :: left == 0 -> break
    od
}

active proctype client() {
    byte serial = 0;
    byte under_way = 0; /* the call in the one place */
    byte id;
    byte left;
    mtype kind;
    bool arrives = true;
    do
    :: atomic { !is_told && !under_way && serial < CALLS ->
           serial++;
           under_way = serial;
           send(up, OPEN, serial)
       }
    :: atomic { under_way -> /* whoever asked does not wait any longer, or his deadline passes */
           end_call(under_way);
           send(up, CANCEL, under_way);
           under_way = 0
       }
    :: atomic { down?END(id) ->
           if
           :: under_way && (id == under_way || DEFECT == ENDS_BY_PLACE) ->
               assert(id == under_way);
               end_call(under_way);
               under_way = 0
           :: else /* too late */
           fi
       }
    :: atomic { down?TURNED_AWAY(id) ->
           assert(!begun[id]);
           if
           :: id == under_way -> end_call(id); under_way = 0
           :: else
           fi
       }
    :: atomic { down?GOAWAY(id) -> is_told = true }
    :: is_told && !under_way && DEFECT != NEVER_CLOSES -> break
    :: atomic { DEFECT != NEVER_CLOSES -> /* the connection breaks */
           lose_the_end_of(up);
           if
           :: under_way -> end_call(under_way); under_way = 0
           :: else
           fi;
           break
       }
    od;
    send(up, CLOSED, 0);
    for (id : 1 .. serial) {
        assert(over[id] == 1)
    }
}

inline reply(kind, id) {
    answers[id]++;
    assert(answers[id] == 1);
    if
    :: !is_gone -> send(down, kind, id)
    :: else
    fi
}

inline answer_one(id) {
    id = 1;
    do
    :: id <= CALLS && job[id] != DONE -> id++
    :: else -> break
    od;
    if
    :: id <= CALLS -> job[id] = ANSWERED; reply(END, id)
    :: else
    fi
}

#define IS(id, state) (job[id] == state)
#define ANY(state) (IS(1, state) || IS(2, state) || IS(3, state))
#define IS_BUSY (ANY(QUEUED) || ANY(AT_WORK) || ANY(DONE))

active proctype io_thread() {
    bool is_stopping = false;
    byte id;
    do
    :: atomic { up?OPEN(id) ->
           if
           :: is_stopping -> reply(TURNED_AWAY, id)
           :: else -> job[id] = QUEUED
           fi
       }
    :: atomic { up?CANCEL(id) ->
           if
           :: DEFECT == ANSWERS_TWICE && (IS(id, QUEUED) || IS(id, AT_WORK)) -> given_up[id] = true; reply(END, id)
           :: DEFECT != ANSWERS_TWICE && (IS(id, QUEUED) || IS(id, AT_WORK)) -> given_up[id] = true
           :: else /* it has ended, or never came */
           fi
       }
    :: atomic { up?CLOSED(id) -> is_gone = true }
    :: atomic { ANY(DONE) -> answer_one(id) }
    :: atomic { !is_stopping -> is_stopping = true;
           if
           :: DEFECT == TURNS_AWAY_LATE && (IS(1, QUEUED) || IS(1, AT_WORK)) -> reply(TURNED_AWAY, 1)
           :: else
           fi;
           if
           :: !is_gone -> send(down, GOAWAY, 0)
           :: else
           fi
       }
    :: atomic { is_stopping && is_gone && (!IS_BUSY || DEFECT == LEAVES_EARLY) ->
           assert(!IS_BUSY);
           has_ended = true;
           break
       }
    od
}

active proctype worker() {
    byte id = 1;
    do
    :: atomic { id <= CALLS && IS(id, QUEUED) ->
           if
           :: given_up[id] && DEFECT != FORGETS_IN_QUEUE -> job[id] = DONE
           :: else ->
               assert(!given_up[id]);
               job[id] = AT_WORK;
               begun[id] = true
           fi
       }
    :: atomic { IS(id, AT_WORK) -> /* a quick one */
           job[id] = DONE
       }
    :: atomic { IS(id, AT_WORK) -> /* one that lingers */
           (given_up[id] || is_gone);
           job[id] = DONE
       }
    :: atomic { !IS(id, AT_WORK) && (ANY(QUEUED)) -> id = (id % CALLS) + 1 }
    :: has_ended -> break
    od
}
