mod feeds;
mod own_rows;
