/* The parts of a paragraph that say who does it and by when: labelled values, brackets of units, sentences of a
 * section. */
#pragma once

#include "import/span.h"

/* What a part is about. */
typedef enum part_kind {
    PART_LIST,
    PART_LEAD,
    PART_CO,
    PART_COUNTY,
    PART_EQUAL,
    PART_SECTION,
    PART_LEADER,
    PART_DEADLINE,
    PART_OTHER
} part_kind;

typedef struct part {
    part_kind kind;
    span value;
    size_t a, b; /* the bytes that leave the text, bracket included */
} part;

enum { PARTS_MAX = 48 };

typedef struct parts {
    part at[PARTS_MAX];
    size_t n;
    bool full; /* there are more */
} parts;

/* The parts of a folded text behind byte `from`, in order, none overlapping. */
void parts_find(span text, size_t from, parts *ret_parts);
/* True when the text begins with a label: 责任单位：…, （牵头单位：…. */
bool part_begins(span text, part_kind *ret_kind);
/* Bytes of a label at the start of a printed line that a blank parts from its value: 责任单位 市甲局; 0 for none. */
size_t part_label_alone(span printed);
/* Removes the verb that ends a phrase (甲局牵头); false when there is none. */
bool phrase_drop_verb(span *phrase, part_kind *ret_kind);
/* The units of a phrase of a section's sentence, and what the phrase calls them: 任务由甲局 -> 甲局. */
span phrase_of_section(span phrase, part_kind *kind);
