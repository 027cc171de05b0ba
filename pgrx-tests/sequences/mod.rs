mod discover;
mod reading;
