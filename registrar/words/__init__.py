"""What the rules found, in the language of who reads it. The rules themselves know no words."""
