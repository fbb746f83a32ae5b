"""`make mutations`: break each guard of the money by hand, and see that some test notices.

Every mutation is one change of text in a copy of the tree, and the tests that ought to notice it. One that no test
notices is a guard that could be lost without anybody knowing: the command fails then.
"""
