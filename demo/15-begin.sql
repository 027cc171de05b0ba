-- Right after the migrations, before the application is deployed:
CALL maintenance_begin('move of the old CMS');
