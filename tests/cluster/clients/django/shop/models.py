# post_migrate is sent only for applications with models.
