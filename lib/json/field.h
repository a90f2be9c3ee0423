/* What writer and reader both know of a protobuf-c field. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include <protobuf-c/protobuf-c.h>

typedef enum field_shape {
    FIELD_INTEGER,
    FIELD_BOOL,
    FIELD_ENUM,
    FIELD_STRING,
    FIELD_BYTES,
    FIELD_MESSAGE
} field_shape;

/* Holds every int64 and every uint64. */
typedef __int128 wide;

/* One row per ProtobufCType; integers have their range. */
typedef struct field_kind {
    const char *name;
    field_shape shape;
    size_t size; /* of one value in the C struct */
    wide min, max;
} field_kind;

/* The row of the field's type; floating point has none (a programmer's error). */
const field_kind *field_kind_of(const ProtobufCFieldDescriptor *field);
/* The integer in a slot of this kind, and back. */
wide field_integer(const field_kind *kind, const void *slot);
void field_set_integer(const field_kind *kind, void *slot, wide value);

/* True for a member of a oneof. */
bool field_is_choice(const ProtobufCFieldDescriptor *field);
/* The count of a repeated field. */
size_t *field_count(const ProtobufCFieldDescriptor *field, const ProtobufCMessage *message);
/* The number of the member that a oneof holds, 0 for none. */
int *field_choice(const ProtobufCFieldDescriptor *field, const ProtobufCMessage *message);
