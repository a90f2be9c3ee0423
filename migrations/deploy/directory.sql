-- Deploy directory: units, people, dated posts, sessions, and the door that expands a collective.
begin;
set local role bihuan_directory_owner;

-- The aggregate "unit". office_unit_id is the supervision office that watches it; 0 = the city's.
create table directory.unit (
    site_id int4 not null,
    unit_id int4 not null check (unit_id > 0),
    name text not null check (name <> ''),
    kind int2 not null check (kind between 1 and 6),
    office_unit_id int4 not null check (office_unit_id >= 0),
    version int4 not null check (version > 0),
    leaf_hash bytea not null check (octet_length(leaf_hash) = 32),
    primary key (site_id, unit_id)
);
create sequence directory.unit_id as int4;

-- Every spelling that means a unit, its own name too. Two units cannot share one.
create table directory.spelling (
    site_id int4 not null,
    folded text not null check (folded <> ''),
    unit_id int4 not null,
    written text not null,
    primary key (site_id, folded),
    foreign key (site_id, unit_id) references directory.unit
);
create index spelling_unit on directory.spelling (site_id, unit_id);

-- How spellings are compared: full and half width are the same, blanks and case do not count.
create function directory.fold(written text) returns text immutable strict parallel safe
language sql as $$ select lower(regexp_replace(normalize(written, nfkc), '\s', '', 'g')) $$;

-- Members of a collective from a day on, until a later version says otherwise. Never changed, so that every past day
-- can be asked for.
create table directory.member_set (
    site_id int4 not null,
    unit_id int4 not null,
    version int4 not null,
    first_day date not null,
    members int4[] not null,
    primary key (site_id, unit_id, version),
    foreign key (site_id, unit_id) references directory.unit
);

-- The members of a collective on a day; null for another unit or where no list is known.
create function directory.members_on(site int4, unit int4, day date) returns int4[] stable parallel safe
language sql as $$
    select s.members from directory.member_set s
     where s.site_id = members_on.site and s.unit_id = members_on.unit and s.first_day <= members_on.day
     order by s.version desc limit 1
$$;

-- The door for IssueTask: the same as a set. The unit stays as it is until the caller commits.
create function directory.members(site int4, unit int4, day date) returns setof int4
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform from directory.unit u where u.site_id = members.site and u.unit_id = members.unit for share;
    return query select unnest(directory.members_on(members.site, members.unit, members.day));
end $$;

-- The door for drafts: what a unit is, whose office watches its own tasks, and its name for lists.
create function directory.unit_facts(site int4, unit int4)
returns table (name text, is_collective bool, office_unit int4)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return query select u.name, u.kind = 5, u.office_unit_id from directory.unit u
                  where u.site_id = unit_facts.site and u.unit_id = unit_facts.unit;
end $$;
grant usage on schema directory to bihuan_task, bihuan_task_owner;
grant execute on function directory.members(int4, int4, date), directory.unit_facts(int4, int4) to bihuan_task;

-- The aggregate "user". `password` is an argon2id string.
create table directory.person (
    site_id int4 not null,
    user_id int4 not null check (user_id > 0),
    login text not null check (login ~ '^[a-z0-9._-]{3,64}$'),
    name text not null check (name <> ''),
    password text not null check (password like '$argon2id$%'),
    disabled boolean not null default false,
    version int4 not null check (version > 0),
    leaf_hash bytea not null check (octet_length(leaf_hash) = 32),
    primary key (site_id, user_id),
    unique (site_id, login)
);
create index person_name on directory.person (site_id, name);
create sequence directory.user_id as int4;

-- A dated post; `version` is the person's version that gave it. Unit 0: the site as a whole (auditor, operator).
create table directory.post_grant (
    site_id int4 not null,
    user_id int4 not null,
    version int4 not null,
    unit_id int4 not null check (unit_id > 0 or post in (7, 8)),
    post int2 not null check (post between 1 and 8),
    leader_id int4 not null check ((leader_id > 0) = (post = 6)),
    first_day date not null,
    last_day date,
    revoked_version int4,
    primary key (site_id, user_id, version),
    foreign key (site_id, user_id) references directory.person,
    check (first_day <= last_day)
);
create index post_grant_unit on directory.post_grant (site_id, unit_id, user_id);

-- The door for what a command names: {why, id} of the first that will not do, null where all will. 11 = no such unit,
-- 12 = a collective where one unit must answer (`single`), 13 = nobody who holds the post of a leader that day.
create function directory.misnamed(site int4, named int4[], single int4[], leaders int4[], day date) returns int4[]
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return (
        select array[case when u.unit_id is null then 11 else 12 end, n.id]
          from (select unnest(named) as id, false as is_single union all select unnest(single), true) n
          left join directory.unit u on u.site_id = misnamed.site and u.unit_id = n.id
         where u.unit_id is null or n.is_single and u.kind = 5
        union all
        select array[13, n.id]
          from unnest(leaders) n(id)
         where not exists (select from directory.post_grant g join directory.person p using (site_id, user_id)
                            where g.site_id = misnamed.site and g.user_id = n.id and g.leader_id = n.id and g.post = 6
                              and g.revoked_version is null and not p.disabled
                              and misnamed.day between g.first_day and coalesce(g.last_day, 'infinity'))
         limit 1);
end $$;
grant execute on function directory.misnamed(int4, int4[], int4[], int4[], date) to bihuan_task;

-- Who is logged in, by SHA-256 of the token. A session is as good as its person and grant are at this moment. Its audit
-- entries, Login and Logout, are a chain of their own.
create table directory.session (
    site_id int4 not null,
    token_hash bytea not null check (octet_length(token_hash) = 32),
    user_id int4 not null,
    grant_version int4 not null,
    seen timestamptz not null,
    expires timestamptz not null,
    leaf_hash bytea not null check (octet_length(leaf_hash) = 32),
    primary key (site_id, token_hash)
) with (fillfactor = 70);
create index session_person on directory.session (site_id, user_id);

-- Failed logins. Logins share 2^20 slots, so that made-up names cannot fill the disk.
create table directory.attempt (
    site_id int4 not null,
    slot int4 not null,
    failures int4 not null,
    last timestamptz not null,
    primary key (site_id, slot)
) with (fillfactor = 70);

-- Results of commands by request id. The keys carry their time: parts are ranges of keys.
select bihuan.make_idem('directory');

grant usage on sequence directory.unit_id, directory.user_id to bihuan_directory;
grant execute on function directory.fold(text), directory.members_on(int4, int4, date) to bihuan_directory;
grant select, insert on directory.unit, directory.spelling, directory.member_set, directory.person,
    directory.post_grant, directory.idem to bihuan_directory;
grant update (version, leaf_hash) on directory.unit to bihuan_directory;
grant update (password, disabled, version, leaf_hash) on directory.person to bihuan_directory;
grant update (last_day, revoked_version) on directory.post_grant to bihuan_directory;
grant select, insert, update, delete on directory.session, directory.attempt to bihuan_directory;
commit;
