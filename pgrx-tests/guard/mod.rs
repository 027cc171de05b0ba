mod fed_columns;
mod own_rows;
