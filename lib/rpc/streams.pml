/* Streams over one connection, for spin: credit of each and of the connection, wake-ups, streams given up, a connection
 * that breaks, a server that leaves. tests/unit/test_model.py looks at every order in which these may happen, and that
 * each DEFECT below is found.
 *
 * Windows are as narrow as can be, so that every message waits for credit. What a patient client does not give up, while
 * the connection holds and the server stays, has to reach its end by itself, or spin sees processes that wait for ever. */

#ifndef DEFECT
#define DEFECT 0
#endif
#define CREDIT_NOT_TAKEN 1      /* a message is sent and its credit kept */
#define CREDIT_NOT_RETURNED 2   /* what was set aside for a step that sends nothing is gone */
#define CREDIT_UNNOTICED 3      /* a stream that stalls stays so though credit has come */
#define ROOM_FOR_THE_LIVING 4   /* a message of a stream given up makes no room on the connection */
#define WAKE_FORGOTTEN 5        /* a wake-up during a step is lost */
#define ENDS_AT_WORK 6          /* a stream given up while at work is ended at once, and by its worker */
#define LEAVES_THEM_WAITING 7   /* a server that leaves does not end the streams that wait */
#define GOES_ON_WITHOUT_CALLER 8 /* the end of the connection does not end what is at work */

#define STREAMS 2
#define NEWS 2   /* messages that each stream will have */
#define WINDOW 1 /* of a stream, and of the connection */
#define ROOM 12  /* of a direction; more than there can be frames on their way */

mtype = { OPEN, CANCEL, CREDIT, CLOSED, DATA, END, GOAWAY };
mtype = { NEW, WAITS, STALLS, LINES, AT_WORK, STEPPED, OVER };
mtype = { SEND, WAIT, FINISH };

chan up = [ROOM] of { mtype, byte };
chan down = [ROOM] of { mtype, byte, byte };

byte news;           /* what there is to tell, at the source */
bool is_woken;       /* the source has said so */
bool stays;          /* the server does */
bool is_patient;     /* the client is: it gives up the first stream at most, and the connection holds */
bool has_ended;      /* the server */

mtype state[STREAMS + 1] = NEW; /* at the server */
mtype step[STREAMS + 1];
byte credit[STREAMS + 1]; /* at the server; 0: of the connection */
byte sent[STREAMS + 1];
bool again[STREAMS + 1];    /* woken during the step */
bool given_up[STREAMS + 1];

#define IS(id, what) (state[id] == what)
#define IS_BUSY(id) (IS(id, AT_WORK) || IS(id, STEPPED))
#define IS_PARKED(id) (IS(id, WAITS) || IS(id, STALLS) || IS(id, LINES))
#define IS_OPEN(id) (IS_BUSY(id) || IS_PARKED(id))

inline tell(kind, id, number) {
    assert(nfull(down));
    down!kind(id, number)
}

inline say(kind, id) {
    assert(nfull(up));
    up!kind(id)
}

/* --- the client --- */

byte over[STREAMS + 1];
byte got[STREAMS + 1];
byte window[STREAMS + 1]; /* what the server may still send */
byte kept[STREAMS + 1];   /* messages not yet accepted */
byte opened;
bool is_told;             /* has seen GOAWAY */

/* What nobody looks at any more is zero: fewer states to look at. */
inline end_stream(id) {
    over[id]++;
    assert(over[id] == 1);
    got[id] = 0;
    window[id] = 0;
    kept[id] = 0
}

inline take_data(id, number) {
    assert(window[0] > 0);
    window[0]--;
    if
    :: DEFECT == ROOM_FOR_THE_LIVING && over[id] -> skip
    :: else -> window[0]++; say(CREDIT, 0)
    fi;
    if
    :: !over[id] ->
        assert(number == got[id] + 1 && window[id] > 0);
        window[id]--;
        got[id]++;
        kept[id]++
    :: else /* too late */
    fi
}

/* Of the frames on their way some arrive, and none behind the first that does not. */
inline lose_the_end_of_what_was_said() {
    left = len(up);
    do
    :: left > 0 && arrives -> up?kind(id); up!kind(id); left--
    :: left > 0 -> arrives = false; up?kind(id); left--
    :: left == 0 -> break
    od
}

#define MAY_END(id) (id <= opened && !over[id])
#define ALL_OVER (!MAY_END(1) && !MAY_END(2))

active proctype client() {
    byte id;
    byte number;
    byte left;
    mtype kind;
    bool arrives = true;
    atomic {
        if
        :: is_patient = true
        :: is_patient = false
        fi;
        window[0] = WINDOW
    }
    do
    :: atomic { !is_told && opened < STREAMS ->
           opened++;
           window[opened] = WINDOW;
           say(OPEN, opened)
       }
    :: atomic { down?DATA(id, number) -> take_data(id, number); id = 0; number = 0 }
    :: atomic { down?END(id, number) ->
           if
           :: !over[id] -> assert(number == got[id]); end_stream(id)
           :: else
           fi;
           id = 0;
           number = 0
       }
    :: atomic { down?GOAWAY(id, number) -> is_told = true }
    :: atomic { MAY_END(1) && kept[1] -> kept[1]--; window[1]++; say(CREDIT, 1) }
    :: atomic { MAY_END(2) && kept[2] -> kept[2]--; window[2]++; say(CREDIT, 2) }
    :: atomic { MAY_END(1) -> end_stream(1); say(CANCEL, 1) }
    :: atomic { !is_patient && MAY_END(2) -> end_stream(2); say(CANCEL, 2) }
    :: ALL_OVER && (is_told || opened == STREAMS) -> break
    :: atomic { !is_patient -> /* the connection breaks */
           lose_the_end_of_what_was_said();
           for (id : 1 .. STREAMS) {
               if
               :: MAY_END(id) -> end_stream(id)
               :: else
               fi
           }
           id = 0;
           kind = 0;
           break
       }
    od;
    say(CLOSED, 0)
}

/* --- the server --- */

bool is_stopping;
bool is_gone; /* the client */

byte answers[STREAMS + 1];

inline answer(id) {
    answers[id]++;
    assert(answers[id] == 1);
    if
    :: !is_gone -> tell(END, id, sent[id])
    :: else
    fi
}

inline finish(id) {
    state[id] = OVER;
    answer(id);
    credit[id] = 0;
    sent[id] = 0;
    given_up[id] = false
}

inline want(id) {
    if
    :: credit[id] > 0 -> state[id] = LINES
    :: else -> state[id] = STALLS
    fi
}

inline begin(id) {
    credit[0]--;
    if
    :: DEFECT != CREDIT_NOT_TAKEN -> credit[id]--
    :: else
    fi;
    state[id] = AT_WORK
}

inline settle(id) {
    if
    :: step[id] == SEND ->
        sent[id]++;
        if
        :: !is_gone -> tell(DATA, id, sent[id])
        :: else
        fi
    :: step[id] != SEND && DEFECT == CREDIT_NOT_RETURNED
    :: else -> credit[0]++; credit[id]++
    fi
}

inline place(id) {
    if
    :: step[id] == FINISH || given_up[id] || is_stopping -> finish(id)
    :: else ->
        if
        :: step[id] == SEND || again[id] -> want(id)
        :: else -> state[id] = WAITS
        fi
    fi;
    step[id] = 0;
    again[id] = false
}

inline wake(id) {
    if
    :: IS(id, WAITS) -> want(id)
    :: IS_BUSY(id) && DEFECT != WAKE_FORGOTTEN -> again[id] = true
    :: else
    fi
}

inline give_up(id) {
    if
    :: IS_PARKED(id) -> finish(id)
    :: IS_BUSY(id) && DEFECT == ENDS_AT_WORK -> given_up[id] = true; answer(id)
    :: IS_BUSY(id) && DEFECT != ENDS_AT_WORK -> given_up[id] = true
    :: else /* it has ended, or never came */
    fi
}

inline lose_caller(id) {
    if
    :: IS_PARKED(id) -> finish(id)
    :: IS_BUSY(id) && DEFECT != GOES_ON_WITHOUT_CALLER -> given_up[id] = true
    :: else
    fi
}

inline leave(id) {
    if
    :: IS_PARKED(id) && !(DEFECT == LEAVES_THEM_WAITING && IS(id, WAITS)) -> finish(id)
    :: else
    fi
}

inline take_credit(id) {
    if
    :: id == 0 -> credit[0]++
    :: id > 0 && IS_OPEN(id) ->
        credit[id]++;
        if
        :: IS(id, STALLS) && DEFECT != CREDIT_UNNOTICED -> state[id] = LINES
        :: else
        fi
    :: else
    fi
}

active proctype io_thread() {
    byte id;
    credit[0] = WINDOW;
    do
    :: atomic { up?OPEN(id) ->
           if
           :: is_stopping -> finish(id)
           :: else -> credit[id] = WINDOW; want(id)
           fi;
           id = 0
       }
    :: atomic { up?CANCEL(id) -> give_up(id); id = 0 }
    :: atomic { up?CREDIT(id) -> take_credit(id); id = 0 }
    :: atomic { up?CLOSED(id) -> is_gone = true; lose_caller(1); lose_caller(2) }
    :: atomic { IS(1, LINES) && credit[0] > 0 -> begin(1) }
    :: atomic { IS(2, LINES) && credit[0] > 0 -> begin(2) }
    :: atomic { IS(1, STEPPED) -> settle(1); place(1) }
    :: atomic { IS(2, STEPPED) -> settle(2); place(2) }
    :: atomic { is_woken -> is_woken = false; wake(1); wake(2) }
    :: atomic { !stays && !is_stopping ->
           is_stopping = true;
           leave(1);
           leave(2);
           if
           :: !is_gone -> tell(GOAWAY, 0, 0)
           :: else
           fi
       }
    :: atomic { (stays || is_stopping) && is_gone && !IS_OPEN(1) && !IS_OPEN(2) ->
           has_ended = true;
           break
       }
    od
}

#define STEP(id) (sent[id] < news -> SEND : (news == NEWS -> FINISH : WAIT))

active proctype worker() {
    do
    :: atomic { IS(1, AT_WORK) -> step[1] = STEP(1); state[1] = STEPPED }
    :: atomic { IS(2, AT_WORK) -> step[2] = STEP(2); state[2] = STEPPED }
    :: has_ended -> break
    od
}

/* Where there is a server that leaves it may fall silent. */
active proctype source() {
    if
    :: stays = true
    :: stays = false
    fi;
    do
    :: atomic { news < NEWS -> news++; is_woken = true }
    :: news == NEWS || !stays -> break
    od
}
