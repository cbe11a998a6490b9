/* Notes as a knob's words, from the longest on, and how many beats of a quarter each is. */
#ifndef RIG_NOTES_H
#define RIG_NOTES_H

#define RIG_NOTES "1/1|1/2.|1/2|1/4.|1/2t|1/4|1/8.|1/4t|1/8|1/8t|1/16"

static const double rig_note_beats[] = {4.0, 3.0, 2.0, 1.5, 4.0 / 3.0, 1.0, 0.75, 2.0 / 3.0, 0.5, 1.0 / 3.0, 0.25, 1.0 / 6.0};

#endif
