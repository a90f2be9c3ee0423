-- Deploy audit: the log of entries, its Merkle tree, and the door through which the services write.
begin;
set local role bihuan_audit_owner;

-- A queue, not a cursor: late commits are never skipped. Ids are handed out one by one (cache 1) while the writer holds
-- the row lock of its object, so the order of ids respects the order of an object's versions.
create table audit.pending (
    site_id int4 not null,
    id int8 not null generated always as identity (cache 1),
    leaf bytea not null,
    primary key (site_id, id),
    constraint pending_leaf_size check (octet_length(leaf) between 48 and 4096),
    constraint pending_leaf_kind check (substring(leaf from 1 for 15) = 'bihuan-audit/1\000'::bytea)
);

-- What is hashed is `leaf`, byte for byte. The columns after leaf_hash repeat parts of it so that an object's entries
-- are found; a verifier never looks at them.
create table audit.entry (
    site_id int4 not null,
    idx int8 not null check (idx >= 0),
    leaf bytea not null,
    leaf_hash bytea not null check (octet_length(leaf_hash) = 32),
    object_type text not null,
    object_id text not null,
    version int4 not null,
    primary key (site_id, idx)
) partition by range (idx);
create index entry_object on audit.entry (site_id, object_type, object_id, version);

do $$
begin
    for part in 0..15 loop
        execute format('create table audit.entry_%s partition of audit.entry for values from (%s) to (%s)',
                       part, part * 8388608::int8, (part + 1) * 8388608::int8);
    end loop;
end $$;
create table audit.entry_rest partition of audit.entry default;

-- Tree hashes of complete subtrees of 256, 65536, ... entries (height 8, 16, ...): with the leaf hashes, all that a proof
-- in a tree of any size needs is at most 256 rows of each height at either end.
create table audit.subtree (
    site_id int4 not null,
    height int2 not null check (height > 0 and height % 8 = 0),
    idx int8 not null check (idx >= 0),
    hash bytea not null check (octet_length(hash) = 32),
    primary key (site_id, height, idx)
);

-- One row per log. `edge` holds the hashes of the complete subtrees along the right edge, largest first: one for each
-- bit set in `size`. Whoever integrates must find size and root as it read them: that fences two sequencers.
create table audit.tree (
    site_id int4 primary key,
    origin text not null check (origin <> ''),
    size int8 not null check (size >= 0),
    root bytea not null check (octet_length(root) = 32),
    edge bytea not null check (octet_length(edge) % 32 = 0),
    time_ms int8 not null
);
-- The root of an empty tree is the digest of nothing (RFC 6962 2.1). The origin tells one installation from another.
insert into audit.tree values (1, 'bihuan/' || gen_random_uuid(), 0, sha256(''), '', 0);

-- The door: appends entries, in order, within the caller's transaction; answers how many.
create function audit.append(site int4[], leaf bytea[]) returns int4
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    insert into audit.pending (site_id, leaf) select * from unnest(append.site, append.leaf);
    return coalesce(cardinality(append.leaf), 0);
end $$;
grant usage on schema audit to bihuan_directory, bihuan_target, bihuan_task, bihuan_progress;
grant execute on function audit.append(int4[], bytea[])
    to bihuan_directory, bihuan_target, bihuan_task, bihuan_progress;

-- Who, beside auditors, may read the bytes of an entry: of a task, whoever may see it. Everybody may have the hashes.
create function audit.readable(e audit.entry, unit int4, post int2, leader int4) returns boolean
language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
    return case when e.object_type = 'task' and e.object_id ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'
                then task.may_read(e.site_id, e.object_id::uuid, unit, post, leader) end;
end $$;
grant execute on function audit.readable(audit.entry, int4, int2, int4) to bihuan_audit;

-- The sequencer takes from the queue and adds to the log; nobody but the owner changes or deletes an entry.
grant select, delete on audit.pending to bihuan_audit;
grant select, insert on audit.entry, audit.subtree to bihuan_audit;
grant select on audit.tree to bihuan_audit;
grant update (size, root, edge, time_ms) on audit.tree to bihuan_audit;
commit;
