"""What a shell and `man` know of rig, made from the table that the command line is read by."""
