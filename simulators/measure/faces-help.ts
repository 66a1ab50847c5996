/** Apart from what it is about, which loads the nets. */
export const facesHelp = `faces                    the face service on a photograph of its engine's package: detect + align + embed of 640x480 on one core (embed_ms; with decoding
                         embed_decoded_ms, and of processor time embed_decoded_cpu_ms), a picture of a challenge where two come at a time and two workers look
                         (challenge_frame_ms), an exact search of 100,000 templates for the two nearest, and the decision after the last picture of a challenge:
                         three pictures come in at once, two workers look, until somebody is recognised (decision_ms). rss_mb: with both workers,
                         before the search. Beside the search, the time in which as many bytes are written (floor_fill_ms)`
