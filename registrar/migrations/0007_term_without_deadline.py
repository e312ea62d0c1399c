from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("registrar", "0006_deadlines_become_marks")]

    operations = [migrations.RemoveField(model_name="term", name="grade_deadline")]
