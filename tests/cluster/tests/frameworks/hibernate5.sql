-- Hibernate 5: GenerationType.AUTO for two entities, and a @SequenceGenerator with the default
-- allocationSize for a third.
create sequence hibernate_sequence start 1 increment 1;
create sequence order_seq start 1 increment 50;
create table customer (id int8 not null, name varchar(255), version int4 not null, primary key (id));
create table order_item (id int8 not null, quantity int4 not null, order_id int8 not null, primary key (id));
create table orders (id int8 not null, total numeric(19, 2), customer_id int8, primary key (id));
create table orders_tags (orders_id int8 not null, tags varchar(255));
alter table if exists order_item add constraint FKt4dc2r9nbvbujrljv3e23iibt foreign key (order_id) references orders;
alter table if exists orders add constraint FK624gtjin3po807j3vix093tlf foreign key (customer_id) references customer;
alter table if exists orders_tags add constraint FKmhbavtwubwrv1w9s0s4q6fdfs foreign key (orders_id) references orders;
