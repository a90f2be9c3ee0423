-- Deploy places: where the instances of each service run, for as long as each of them says so.
begin;
create table bihuan.place (
    site_id int4 not null,
    service text not null,
    endpoint text not null check (endpoint ~ '^tcp://' and octet_length(endpoint) <= 127),
    public_key text not null check (octet_length(public_key) = 40),
    until timestamptz not null,
    primary key (site_id, service, endpoint)
);

-- A service sees and says where its own instances are, no other's.
alter table bihuan.place enable row level security;
create policy own on bihuan.place using (pg_has_role(current_user, 'bihuan_' || service, 'member'));

do $$
declare
    service text;
begin
    foreach service in array array['directory', 'target', 'task', 'progress', 'audit'] loop
        execute format('grant usage on schema bihuan to bihuan_%s', service);
        execute format('grant select, insert, update, delete on bihuan.place to bihuan_%s', service);
    end loop;
end $$;
commit;
