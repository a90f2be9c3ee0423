-- What a step of a rival's workflow writes: the task's new state, and a line of its history.
create table rival_task (task_id int8 primary key, state int4 not null, text text not null);
create table rival_event (task_id int8, state int4, move text not null, time timestamptz not null default now(),
                          primary key (task_id, state));
