#include "handlers.h"

int main(int argc, char **argv) {
    return bh_main(argc, argv, &target_service);
}
