-- The five tables a progress report writes: its leg, its key, itself, its audit entry, its event.
create table leg (site_id int4, leg_id uuid, state int4 not null, version int8 not null, updated_ms int8 not null,
                  primary key (site_id, leg_id));
create table report (site_id int4, leg_id uuid, version int8, value numeric not null, words text not null,
                     primary key (site_id, leg_id, version));
create table command (site_id int4, key uuid, hash bytea not null, leg_id uuid not null, version int8 not null,
                      primary key (site_id, key));
create sequence entry_id cache 64;
create table entry (site_id int4, id int8 default nextval('entry_id'), leaf bytea not null, primary key (site_id, id));
create sequence event_id cache 64;
create table event (site_id int4, id int8 default nextval('event_id'), payload bytea not null, primary key (site_id, id));
insert into leg select 1, ('00000000-0000-4000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 3, 0, 0
  from generate_series(0, 16383) n;
vacuum analyze leg;
checkpoint;
