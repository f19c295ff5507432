// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the kernel's lib/rbtree.c would give: it is in no package small enough.
 * Not balanced: new nodes are rotated up at random instead, so that the tree
 * takes every shape and the augmented values have to survive that.
 */
#include <linux/rbtree_augmented.h>

static bool toss(void)
{
	/* Callers hold the lock of the only tree there is. */
	static u64 state = 1;

	state = state * 6364136223846793005ULL + 1442695040888963407ULL;
	return state >> 63;
}

static void rotate_up(struct rb_node *node, struct rb_node *parent,
		      struct rb_root *root)
{
	struct rb_node *above = rb_parent(parent), *child;

	if (node == parent->rb_left) {
		child = node->rb_right;
		parent->rb_left = child;
		node->rb_right = parent;
	} else {
		child = node->rb_left;
		parent->rb_right = child;
		node->rb_left = parent;
	}
	if (child)
		rb_set_parent(child, parent);
	__rb_change_child(parent, node, above, root);
	rb_set_parent(parent, node);
	rb_set_parent(node, above);
}

void __rb_insert_augmented(struct rb_node *node, struct rb_root *root,
			   void (*augment_rotate)(struct rb_node *old,
						  struct rb_node *new))
{
	struct rb_node *parent;

	while ((parent = rb_parent(node)) && toss()) {
		rotate_up(node, parent, root);
		augment_rotate(parent, node);
	}
}

/* __rb_erase_augmented() has taken the node out: only balance is missing. */
void __rb_erase_color(struct rb_node *parent, struct rb_root *root,
		      void (*augment_rotate)(struct rb_node *old,
					     struct rb_node *new))
{
}

struct rb_node *rb_next(const struct rb_node *node)
{
	struct rb_node *parent;

	if (node->rb_right) {
		node = node->rb_right;
		while (node->rb_left)
			node = node->rb_left;
		return (struct rb_node *)node;
	}
	while ((parent = rb_parent(node)) && node == parent->rb_right)
		node = parent;
	return parent;
}
